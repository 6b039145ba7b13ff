"""Imports run one way: the order of the stages in docs/architecture.md."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LEVELS = [
    {"slim.errors", "slim.progress", "slim.oci"},
    {"slim.engine"},
    {"probes"},
    {"slim.plan", "slim.closure", "profiles"},
    {"slim.coverage", "slim.explain"},
    {"slim.build", "slim.diff", "slim.verify", "slim.repair"},
    {"slim.report"},
    {"slim.commands"},
    {"slim.cli", "slim.__main__"},
]

WITHIN_PROBES = {
    "probes.watch": (),
    "probes.exercise": (),
    "probes.crawl": ("probes.exercise",),
    "probes.openapi": ("probes.exercise",),
    "probes.deep": ("probes.exercise", "probes.crawl", "probes.life"),
    "probes.files": ("probes.exercise", "probes.life"),
}
"""What each of the packages may use of the others; modules beside them bring all together."""

PURE = ["slim/closure", "slim/plan.py", "slim/coverage", "slim/explain", "slim/diff.py", "slim/verify"]
"""No contact with the engine, the network or the host's files."""

FORBIDDEN_IN_PURE = {"docker", "httpx", "socket", "subprocess", "shutil", "tempfile", "glob", "slim.engine"}


def modules():
    for package in ("slim", "probes", "profiles"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def level(module):
    for number, names in enumerate(LEVELS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def test_every_module_has_a_level():
    unknown = [name for _, name in modules() if level(name) is None and name != "slim"]
    assert unknown == []


def test_no_module_imports_a_later_stage():
    wrong = [
        f"{name} imports {target}"
        for path, name in modules()
        if level(name) is not None
        for target in imported(path)
        if (level(target) or 0) > level(name)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", WITHIN_PROBES)
def test_kinds_of_probes_know_nothing_of_each_other(package):
    may = (package, *WITHIN_PROBES[package])
    wrong = [
        f"{name} imports {target}"
        for path, name in modules()
        if name.startswith(package + ".")
        for target in imported(path)
        if target.startswith("probes.") and not any(f"{target}.".startswith(f"{one}.") for one in may)
    ]
    assert wrong == []


def test_every_package_of_probes_has_its_place():
    found = {f"probes.{path.parent.name}" for path in (ROOT / "probes").glob("*/__init__.py")}
    assert found == WITHIN_PROBES.keys()


def test_pure_stages_touch_nothing_outside():
    wrong = []
    for path, name in modules():
        if not any(str(path.relative_to(ROOT)).startswith(pure) for pure in PURE):
            continue
        for target in imported(path):
            if any(target == bad or target.startswith(bad + ".") for bad in FORBIDDEN_IN_PURE):
                wrong.append(f"{name} imports {target}")
    assert wrong == []


READS_THE_ENVIRONMENT = {"slim.engine.connect"}
"""By default connects to the engine that the docker client would: DOCKER_HOST, DOCKER_CONTEXT …"""


def test_only_the_command_line_exits_and_reads_the_environment():
    wrong = []
    for path, name in modules():
        if level(name) is None or level(name) >= level("slim.commands"):
            continue
        text = path.read_text(encoding="utf-8")
        words = ["sys.exit(", "sys.argv"]
        if name not in READS_THE_ENVIRONMENT:
            words += ["os.environ", "os.getenv"]
        wrong += [f"{name}: {word}" for word in words if word in text]
    assert wrong == []


def test_a_plain_run_does_not_wait_for_libraries_that_it_does_not_use():
    heavy = {"websockets", "h2", "yaml", "hypothesis", "schemathesis", "html5lib"}
    program = f"import sys, slim.commands.run; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
