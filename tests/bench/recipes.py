"""What slim does to each fat image, and what it costs: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/recipes.py [NAME ...] [--runs N]

`on top` is the time of `slim run` less twice the time that plain docker needs to create, start,
probe, stop and remove the fat image's container: what slim itself adds. Of several runs the median.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build, names, recipe
from images.started import Container, Image, docker

STAGES = ("index", "run", "plan", "build", "verify")


@dataclass(frozen=True)
class Measured:
    """One `slim run`."""

    report: dict
    seconds: float
    peak: int
    """Bytes of resident memory at the most, of the largest single process."""


def slim_once(name: str, folder: str) -> Measured:
    options = ["--tag", f"slim-bench/{name}:test", "--json"]
    arguments = [sys.executable, "-m", "slim", "run", *options, build(name), *recipe(name).probe_arguments]
    began = time.monotonic()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=folder) as process:
        assert process.stdout
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    assert process.returncode == 0, text.decode()
    return Measured(json.loads(text), seconds, usage.ru_maxrss * 1024)


def plain_once(name: str, port: int) -> float:
    """The same start and the same probe by plain docker, without slim; of a probe file the start alone."""
    words = recipe(name).probe_arguments
    cut = words.index("--") if "--" in words else len(words)
    given, command = list(zip(words[:cut:2], words[1:cut:2], strict=True)), words[cut + 1 :]
    options = [word for option, value in given if option == "--env" for word in (option, value)]
    image = Image(build(name))
    began = time.monotonic()
    if not any(option in ("--http-probe", "--exec-probe", "--probes") for option, _ in given):
        image.run(*command, options=options)
        return time.monotonic() - began
    with image.start(port or exposed(image), *command, options=options) as server:
        for option, value in given:
            if option == "--http-probe":
                server.get(value)
            elif option == "--exec-probe":
                until_it_passes(server, value)
        server.stop()
    return time.monotonic() - began


def exposed(image: Image) -> int:
    """The lowest port that the image EXPOSEs."""
    return min(int(port.partition("/")[0]) for port in image.configuration()["ExposedPorts"])


def until_it_passes(server: Container, command: str) -> None:
    """As slim does, which waits until the container is ready."""
    late = time.monotonic() + 60
    while server.execute("/bin/sh", "-c", command).exit_code:
        assert time.monotonic() < late, command
        time.sleep(0.02)


def row(name: str, runs: int) -> str:
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        measured = [slim_once(name, folder) for _ in range(runs)]
    report = measured[-1].report
    plain = statistics.median(plain_once(name, report["port"]) for _ in range(runs))
    seconds = statistics.median(one.seconds for one in measured)
    stages = [
        statistics.median(
            next(stage["seconds"] for stage in one.report["stages"] if stage["name"] == wanted)
            for one in measured
        )
        for wanted in STAGES
    ]
    fat, slim = report["fat"], report["slim"]
    cells = [
        name,
        f"{fat['size'] / 1e6:.1f}",
        f"{slim['size'] / 1e6:.1f}",
        f"{fat['files']:,}",
        f"{slim['files']:,}",
        *(f"{value:.2f}" for value in stages),
        f"{seconds:.2f}",
        f"{plain:.2f}",
        f"{seconds - 2 * plain:.2f}",
        f"{max(one.peak for one in measured) / 1e6:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=names(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    heads = ["image", "fat MB", "slim MB", "fat files", "slim files", *STAGES]
    print("| " + " | ".join([*heads, "total s", "plain s", "on top s", "peak MB"]) + " |")
    print("|" + "---|" * (len(heads) + 4))
    for name in given.names:
        print(row(name, given.runs), flush=True)
        docker("image", "rm", f"slim-bench/{name}:test", check=False)


if __name__ == "__main__":
    main()
