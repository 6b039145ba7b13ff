"""How long the closure of a large Python image takes: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/closure.py [--site FOLDER] [--profile FILE]

The image is the recipe flask-debian with a layer of Python packages on top (some 50,000 files, more than
1 GB), which pip installs into FOLDER once; the trace is what importing a few of them opens. Every
reading is a process of its own: with an empty store of facts (cold), with a full one (warm), and warm
under each of the other modes. CPU seconds are the plan's own, for machines that do other things too.
`--profile` writes cProfile's numbers of a warm run of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build

PACKAGES = (
    "scipy", "pandas", "sympy", "django", "matplotlib", "scikit-learn", "sqlalchemy", "celery", "statsmodels",
    "plotly", "networkx", "babel", "boto3", "numba", "dask", "bokeh", "pip", "setuptools",
)  # fmt: skip
IMPORTED = (
    "pandas django.http matplotlib.pyplot sympy scipy.stats sklearn.linear_model boto3 sqlalchemy celery"
)
SITE = "/usr/local/lib/python3.11/dist-packages"
APPLICATION = "import pandas, django, matplotlib\n\ndef late():\n    import bokeh.plotting, dask.dataframe\n"

LOADED = """
import importlib, json, sys
for name in sys.argv[2].split():
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(name, error, file=sys.stderr)
site = sys.argv[1]
files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
print(json.dumps(sorted(file[len(site):] for file in files if file and file.startswith(site))))
"""

PLAN = """
import cProfile, json, resource, sys, time
from contextlib import nullcontext
from pathlib import Path
from probes.watch.trace import Access, Trace, Use
from slim.closure.options import PlanOptions
from slim.closure.solve import make_plan
from slim.commands.fact_store import remembered_facts
from slim.oci.config import ImageConfig
from slim.oci.overlay import read_layer_folders
layers, opened, store, mode, profile = json.loads(sys.stdin.buffer.read())
config = {"Entrypoint": ["python3", "/srv/app/main.py"], "WorkingDir": "/srv/app"}
raw = json.dumps({"architecture": "amd64", "os": "linux", "config": config}).encode()
accesses = [Access("/usr/bin/python3", Use.EXEC, "", "", 1, "GET /", 0.0, 1)]
accesses += [Access(path, Use.OPEN, "", "/usr/bin/python3.11", 1, "GET /", 1.0, 1) for path in opened]
trace = Trace("sha256:bench", True, accesses=tuple(sorted(accesses, key=lambda one: one.path)))
began = time.monotonic()
tree = read_layer_folders([Path(layer) for layer in layers])
indexed, before = time.monotonic(), time.process_time()
watched = cProfile.Profile() if profile else nullcontext()
with watched, remembered_facts(Path(store) if store else None) as facts:
    plan = make_plan(tree, ImageConfig.parse(raw), trace, PlanOptions(keep=mode), facts)
planned, worked = time.monotonic(), time.process_time() - before
if profile:
    watched.dump_stats(profile)
kept = sum(tree[path].size for path in plan.kept)
told = [len(tree), tree.size, len(plan.kept), kept, len(plan.unresolved)]
print(json.dumps([*told, indexed - began, planned - indexed, worked]))
"""


def layers_of(reference: str) -> list[str]:
    """The folders of a local overlay2 store, the lowest first."""
    inspect = ["docker", "image", "inspect", "--format", "{{json .GraphDriver.Data}}", reference]
    data = json.loads(subprocess.run(inspect, check=True, capture_output=True, text=True).stdout)
    lower = data.get("LowerDir", "").split(":")
    return [folder for folder in (*reversed(lower), data["UpperDir"]) if folder]


def top_layer(site: Path, folder: Path) -> Path:
    """A layer with the packages, hard-linked, and an application."""
    target = folder / SITE.lstrip("/")
    target.parent.mkdir(parents=True)
    subprocess.run(["cp", "--recursive", "--link", str(site), str(target)], check=True)
    (folder / "srv/app").mkdir(parents=True)
    (folder / "srv/app/main.py").write_text(APPLICATION)
    return folder


def opened_by_imports(site: Path) -> list[str]:
    """What importing a few of the packages loads, as paths of the image."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LOADED, str(site), IMPORTED]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    loaded = [f"{SITE}{path}" for path in json.loads(done.stdout)]
    return ["/usr/lib/python3.11/os.py", "/srv/app/main.py", *loaded]


def measure(*request: object) -> tuple[list[float], int]:
    """One plan in a process of its own: its numbers, and bytes of resident memory at the most."""
    command = [sys.executable, "-c", PLAN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
        numbers = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return numbers, usage.ru_maxrss * 1024


def main() -> None:
    """The table."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--site", type=Path, default=Path(tempfile.gettempdir()) / "slim-bench-site")
    arguments.add_argument("--profile", default="")
    given = arguments.parse_args()
    if not given.site.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--target"]
        subprocess.run([*pip, str(given.site), *PACKAGES], check=True)
    opened = opened_by_imports(given.site)
    print("| run | files | MB | kept | MB | unresolved | index s | plan s | CPU s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=given.site.parent) as folder:
        layers = [*layers_of(build("flask-debian")), str(top_layer(given.site, Path(folder) / "layer"))]
        store = str(Path(folder) / "facts.sqlite")
        runs = [("cold", store, "closure"), ("warm", store, "closure")]
        runs += [("warm, traced", store, "traced"), ("warm, package", store, "package")]
        for title, facts, mode in runs:
            numbers, peak = measure(layers, opened, facts, mode, "")
            files, size, kept, kept_size, unresolved, index, plan, worked = numbers
            counts = f"{files:,} | {size / 1e6:,.0f} | {kept:,} | {kept_size / 1e6:,.0f} | {unresolved:,}"
            print(
                f"| {title} | {counts} | {index:.2f} | {plan:.2f} | {worked:.2f} | {peak / 1e6:,.0f} |",
                flush=True,
            )
        if given.profile:
            measure(layers, opened, store, "closure", given.profile)


if __name__ == "__main__":
    main()
