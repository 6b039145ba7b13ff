"""What each tracer costs a program, and how fast its trace is read: two tables for docs/benchmarks.md.

    .venv/bin/python tests/bench/tracers.py [--runs N] [--only costs|parsing]

Needs root on the engine's host, and an engine. Programs take their own time inside the container;
for the web application it is 1,000 requests from the host on one connection. Untraced, strace,
fanotify and both follow each other in every round, and a ratio is the median of its rounds' ratios.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build

from probes.watch.fanotify import FanotifyTracer
from probes.watch.interface import Launch, Tracer
from probes.watch.ledger import Ledger, Timeline
from probes.watch.strace import StraceTracer
from probes.watch.strace_command import traced
from probes.watch.strace_parser import StraceParser
from probes.watch.together import TogetherTracer
from slim.engine.connect import connect
from slim.engine.interface import Container, ContainerSpec, Engine
from slim.engine.runs import Run, open_run

TRACERS = {"strace": StraceTracer, "fanotify": FanotifyTracer, "both": TogetherTracer}
REQUESTS = 1_000
LINES = 1_000_000
STORMS = Path(__file__).with_name("storms.c")
UNITS = [f"/bench/{number}.c" for number in range(40)]
UNIT = (
    b'#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint f%d(void) { return puts("unit"); }\n'
)


@dataclass(frozen=True)
class Work:
    """A program in an image, and how its time is taken."""

    name: str
    recipe: str
    command: tuple[str, ...] | None
    seconds: Callable[[Container], float]


def own_time(container: Container) -> float:
    """What the program printed at its end."""
    code = container.wait(600)
    said, complaints = container.logs()
    assert code == 0, (code, complaints)
    return float(said)


def served(container: Container) -> float:
    """A thousand requests on one connection, once the application answers."""
    address = container.state().addresses[0]
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection(address, 8000, timeout=60)
        try:
            get(connection)
            break
        except OSError:
            assert time.monotonic() < deadline, container.logs()
            time.sleep(0.05)
    began = time.monotonic()
    for _ in range(REQUESTS):
        get(connection)
    seconds = time.monotonic() - began
    connection.close()
    container.kill()
    container.wait()
    return seconds


def get(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    assert response.status == 200, response.status


WORKS = (
    Work("stat storm: 900 files, 200 times", "c-hello", ("stat", "/usr/share/zoneinfo", "200"), own_time),
    Work(
        "open-read storm: 900 files, 150 times", "c-hello", ("open", "/usr/share/zoneinfo", "150"), own_time
    ),
    Work("compile: gcc, 40 small files", "c-hello", ("each", "gcc", *UNITS), own_time),
    Work(f"web application: {REQUESTS:,} requests", "flask-debian", None, served),
    Work("computing: no file system work", "c-hello", ("compute", "600000000"), own_time),
)


def payload() -> bytes:
    """The program and the files that it compiles, as an archive to unpack into the root."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        program = Path(folder) / "storms"
        subprocess.run(["gcc", "-O2", "-static", "-o", str(program), str(STORMS)], check=True)
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(program, "bench/storms")
            for number, unit in enumerate(UNITS):
                member = tarfile.TarInfo(unit.lstrip("/"))
                member.size = len(UNIT % number)
                archive.addfile(member, io.BytesIO(UNIT % number))
    return buffer.getvalue()


def once(engine: Engine, run: Run, work: Work, kind: str, files: bytes) -> float:
    """Seconds of one run under the tracer of this name; plain for another name."""
    entrypoint = None if work.command is None else ("/bench/storms",)
    spec = ContainerSpec(build(work.recipe), entrypoint=entrypoint, command=work.command)
    image = json.loads(subprocess.check_output(["docker", "image", "inspect", spec.image]))[0]
    config = image["Config"]
    launch = Launch(image["Id"], config["Entrypoint"], config["Cmd"], config["WorkingDir"], config["User"])
    tracer: Tracer | None = TRACERS[kind](engine, run.labels, run.id) if kind in TRACERS else None
    container = engine.create_container(tracer.prepare(spec, launch) if tracer else spec, labels=run.labels)
    try:
        container.put_archive("/", files)
        if tracer:
            tracer.install(container)
        container.start()
        if tracer:
            tracer.started(container)
        seconds = work.seconds(container)
        if tracer:
            # the web application was killed without a proof: its trace's completeness is not asked here
            trace = tracer.finish(container, ended_by_slim=work.command is None)
            assert trace.complete or work.command is None, trace.reasons
        return seconds
    finally:
        if isinstance(tracer, FanotifyTracer | TogetherTracer):
            tracer.close()
        container.remove()


def costs(runs: int) -> None:
    print("| program | untraced s | " + " | ".join(TRACERS) + " |")
    print("|---" * (len(TRACERS) + 2) + "|")
    files = payload()
    engine = connect()
    for work in WORKS:
        with open_run(engine) as run:
            rounds = [
                {kind: once(engine, run, work, kind, files) for kind in ("untraced", *TRACERS)}
                for _ in range(runs)
            ]
        plain = statistics.median(one["untraced"] for one in rounds)
        ratios = [statistics.median(one[kind] / one["untraced"] for one in rounds) for kind in TRACERS]
        print(f"| {work.name} | {plain:.3f} | " + " | ".join(f"{r:.2f}" for r in ratios) + " |", flush=True)
    engine.close()


RECORDED = """
for unit in 1 2 3; do echo '#include <stdio.h>' >$unit.c; gcc -c $unit.c; done
find /usr/share/doc /usr/lib/python3 >/dev/null
python3 -c 'import json, http.client, unittest, email.mime.text'
ls -l /usr/bin >/dev/null
"""
_BIRTH_OR_END = re.compile(rb"\b(?:v?fork|clone\d?|exit|exit_group)(?:\(| resumed)|\+\+\+ ")
_NAME = re.compile(rb'(?<=/)([\w.+-]+)(?=")')


def recorded(folder: Path) -> list[bytes]:
    """Lines that strace writes, with slim's options, of a compile, listings and a program's start."""
    output = folder / "recorded"
    command = traced(("sh", "-c", RECORDED), 0)
    options = list(command[command.index("/.slim/strace") + 1 :])
    options.remove("-D")
    options[options.index("-o") + 1] = str(output)
    subprocess.run(["strace", *options], cwd=folder, stdin=subprocess.DEVNULL, check=True)
    return output.read_bytes().splitlines()


def repeated(once: list[bytes], renamed_every: int) -> Iterator[bytes]:
    """A million lines: the recorded ones again and again, without the births and ends of processes,
    so that they go on. Of those that carry a path one in `renamed_every` gets a name never seen."""
    births = [line for line in once if not re.search(rb"\bexit|\+\+\+ ", line)]
    calls = [line for line in once if not _BIRTH_OR_END.search(line) and b"execve" not in line]
    made, named = 0, 0
    source: list[bytes] = births
    while made < LINES:
        for line in source[: LINES - made]:
            if renamed_every and source is calls and _NAME.search(line):
                named += 1
                if named % renamed_every == 0:
                    line = _NAME.sub(rb"\1-%d" % named, line)
            yield line + b"\n"
        made += len(source)
        source = calls


def resident_peak() -> int:
    """KiB: VmHWM of proc(5). Unlike ru_maxrss it does not begin with the parent's size."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def parse(path: str) -> None:
    """Read a trace as slim does; the child process of `parsing`."""
    ledger = Ledger("/.slim")
    parser = StraceParser(ledger, Timeline(common_clock=True), cwd="/")
    before = resident_peak()
    began = time.perf_counter()
    with Path(path).open("rb") as file:
        while data := file.read(1 << 20):
            parser.feed(data)
    parser.close()
    seconds = time.perf_counter() - began
    accesses = len(ledger.accesses())
    peak = resident_peak()
    said = {"seconds": seconds, "before": before, "peak": peak, "paths": len(ledger.paths)}
    print(json.dumps({**said, "accesses": accesses, "losses": parser.losses()}))


def parsing(runs: int) -> None:
    print(f"| trace of {LINES:,} lines | lines/s | paths | accesses | peak MB | of these by it |")
    print("|---|---|---|---|---|---|")
    kinds = (
        ("repetitive: the same again and again", 0),
        ("mix: a tenth of the paths new", 10),
        ("all paths new", 1),
    )
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        lines = recorded(Path(folder))
        for name, renamed_every in kinds:
            path = Path(folder) / "trace"
            with path.open("wb") as file:
                file.writelines(repeated(lines, renamed_every))
            measured = [
                json.loads(subprocess.check_output([sys.executable, __file__, "--parse", str(path)]))
                for _ in range(runs)
            ]
            assert not measured[0]["losses"], measured[0]["losses"]
            speed = LINES / statistics.median(one["seconds"] for one in measured)
            peak = max(one["peak"] for one in measured)
            cells = [
                name,
                f"{speed:,.0f}",
                f"{measured[0]['paths']:,}",
                f"{measured[0]['accesses']:,}",
                f"{peak * 1024 / 1e6:.0f}",
                f"{(peak - measured[0]['before']) * 1024 / 1e6:.0f}",
            ]
            print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["costs", "parsing"])
    parser.add_argument("--parse", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.parse:
        parse(given.parse)
        return
    print(f"{os.cpu_count()} cores, Linux {os.uname().release}, medians of {given.runs}.\n")
    if given.only != "parsing":
        costs(given.runs)
        print()
    if given.only != "costs":
        parsing(given.runs)


if __name__ == "__main__":
    main()
