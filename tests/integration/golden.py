"""Golden cases: images whose first slim image is broken on purpose, and some where nothing is wrong.

An application that behaves otherwise from its second start on (`AGAIN`, a file on a volume) uses on the slim
image what its first fat run did not; other cases take paths out of each plan that nothing has repaired.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from busybox_image import busybox_image
from image_of_folder import build_image
from images.build import build
from images.started import docker

from slim.commands.pipeline import execute
from slim.commands.run import request_from
from slim.commands.run import run as run_command
from slim.engine.connect import connect
from slim.engine.runs import open_run
from slim.plan import Plan
from slim.progress import Stages
from slim.report.model import Report
from slim.report.terminal import TerminalListener

AGAIN = "/state/again"
LABEL = "slim.test.golden"
LIB = "/usr/lib/x86_64-linux-gnu"
PYTHON = "/usr/lib/python3.11"


@dataclass(frozen=True)
class Case:
    """An image, how it is slimmed, and what must come of it."""

    name: str
    told: str
    """For the table: what is broken."""
    program: str
    """/start: a shell script; in Python where it begins so."""
    files: dict[str, str] = field(default_factory=dict)
    """Further ones of the image."""
    options: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()
    """Taken out of each plan, unless a repair put them in."""
    repaired: frozenset[str] = frozenset()
    """What is looked up in vain and added, with a reason of its own."""
    needed: frozenset[str] = frozenset()
    """What is added since a repaired path needs it."""
    layers: str = ""
    """The layers that a repair takes instead of those asked for."""
    on_purpose: frozenset[str] = frozenset()
    """What is looked up in vain, and told apart."""
    verified: bool = True
    differs: bool = True
    """Whether the first slim image differs in what the oracle or the probes see."""
    next_step: str = ""
    """A part of what the user is told to do."""


def _again(then: str, otherwise: str) -> str:
    return f"#!/bin/sh\nif [ -e {AGAIN} ]; then\n{then}\nelse\n{otherwise}\nfi\n: > {AGAIN}\n"


def _third(then: str, otherwise: str) -> str:
    """Both runs of the fat image do the one, and every later one the other."""
    third = "/state/third"
    later = f"if [ -e {AGAIN} ]; then : > {third}; fi\n: > {AGAIN}\n"
    return f"#!/bin/sh\nif [ -e {third} ]; then\n{then}\nelse\n{otherwise}\nfi\n{later}"


def _by_number(otherwise: str, **starts: str) -> str:
    """Each start does what stands for its number (`_1`: the first run of the fat image, `_3`: that of slim),
    or `otherwise`."""
    count = "read n < /state/n 2>/dev/null || n=0\nn=$((n + 1))\necho $n > /state/n\n"
    cases = "\n".join(f"{one[1:]}) {then};;" for one, then in starts.items())
    return f"#!/bin/sh\n{count}case $n in\n{cases}\n*) {otherwise};;\nesac\n"


def _python_again(then: str, module: str = "sys") -> str:
    lines = (f"import os, {module}", f"if os.path.exists('{AGAIN}'):", f"    {then}", "print('done')")
    return "\n".join(("#!/usr/bin/python3", *lines, f"open('{AGAIN}', 'w').close()", ""))


TRACED = ("--keep", "traced")
PLUGINS = {f"/opt/plugins/{one}.sh": f"echo plug-in {one}" for one in ("a", "b")}
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "mu", "nu")
CHAIN = {f"/opt/{number}": f"/opt/{number + 1}" for number in range(1, 5)} | {"/opt/5": "end"}
FOLLOW = "one=/opt/1\nwhile [ $one != end ]; do read one < $one || exit 3; done"
SERVER = """#!/usr/bin/python3
import http.server
http.server.ThreadingHTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
HTTP = ("--http-probe", "/", "--port", "8000")
RESET = """#!/usr/bin/python3
import http.server, os, sys
if os.path.exists("/state/second") and not os.path.exists("/state/third"):
    print("Traceback (most recent call last):\\nConnectionResetError: reset by peer", file=sys.stderr)
    open("/state/third", "w").close()
open("/state/second" if os.path.exists("/state/first") else "/state/first", "w").close()
http.server.ThreadingHTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""

CASES = (
    Case(
        "late-template",
        "a template that is opened lazily",
        _again("read line < /opt/late.html; echo $line", "echo hello"),
        {"/opt/late.html": "hello"},
        TRACED,
        repaired=frozenset({"/opt/late.html"}),
    ),
    Case(
        "listed-plugin",
        "plug-ins that are found by listing a folder",
        _again("for one in /opt/plugins/*.sh; do . $one; done", "for one in a b; do echo plug-in $one; done"),
        PLUGINS,
        TRACED,
        repaired=frozenset({"/opt/plugins", *PLUGINS}),
    ),
    Case(
        "dlopen",
        "a library by dlopen, and what it is linked to",
        _python_again("ctypes.CDLL('libpanelw.so.6')", "ctypes"),
        {},
        TRACED,
        repaired=frozenset(
            f"{LIB}/lib{name}.so.{version}"
            for name in ("panelw", "ncursesw", "tinfo")
            for version in ("6", "6.4")
        ),
    ),
    Case(
        "error-import",
        "a module that is imported in an error path",
        _python_again("\n    ".join(("try:", "    int('x')", "except ValueError:", "    import colorsys"))),
        {},
        TRACED,
        repaired=frozenset({f"{PYTHON}/colorsys.py"}),
    ),
    Case(
        "only-stat",
        "a file that is only stat()ed, which no probe notices",
        _again("[ -e /opt/flag ] || true", ":"),
        {"/opt/flag": "on"},
        TRACED,
        repaired=frozenset({"/opt/flag"}),
    ),
    Case(
        "never-used-template",
        "a template that no run of the fat image opens",
        _third("read line < /opt/late.html; echo $line", "echo hello"),
        {"/opt/late.html": "hello"},
        TRACED,
        repaired=frozenset({"/opt/late.html"}),
    ),
    Case(
        "never-used-plugin",
        "plug-ins that no run of the fat image lists",
        _third("for one in /opt/plugins/*.sh; do . $one; done", "for one in a b; do echo plug-in $one; done"),
        PLUGINS,
        TRACED,
        repaired=frozenset({"/opt/plugins", *PLUGINS}),
    ),
    Case(
        "never-used-plugin-bound",
        "the same with --repair 1",
        _third("for one in /opt/plugins/*.sh; do . $one; done", "for one in a b; do echo plug-in $one; done"),
        PLUGINS,
        (*TRACED, "--repair", "1"),
        repaired=frozenset({"/opt/plugins"}),
        verified=False,
        next_step="of which slim lacks 2 paths: run again with --include '/opt/plugins/**'",
    ),
    Case(
        "listed-names",
        "a folder of which only the names are told",
        _third("cd /opt/names; echo *", "echo one two"),
        {"/opt/names/one": "1", "/opt/names/two": "2"},
        TRACED,
        repaired=frozenset({"/opt/names", "/opt/names/one", "/opt/names/two"}),
    ),
    Case(
        "listing-order",
        "a folder is listed in another order",
        "#!/usr/bin/python3\nimport os\nprint('\\n'.join(os.listdir('/opt/listed')))\n",
        {f"/opt/listed/{one}": one for one in NAMES},
        ("--layers", "single"),
        layers="mirror",
    ),
    Case(
        "listing-order-in-json",
        "a folder is listed in another order, in one line",
        "#!/usr/bin/python3\nimport json, os\nprint(json.dumps(os.listdir('/opt/listed')))\n",
        {f"/opt/listed/{one}": one for one in NAMES},
        ("--layers", "single"),
        layers="mirror",
    ),
    Case(
        "listing-order-unrepaired",
        "the same with --repair 0",
        "#!/usr/bin/python3\nimport os\nprint('\\n'.join(os.listdir('/opt/listed')))\n",
        {f"/opt/listed/{one}": one for one in NAMES},
        ("--layers", "single", "--repair", "0"),
        verified=False,
        next_step="--layers mirror",
    ),
    Case(
        "taken-template",
        "a template that the plan lacks",
        "#!/bin/sh\nread line < /opt/page.html; echo $line\n",
        {"/opt/page.html": "hello"},
        lost=frozenset({"/opt/page.html"}),
        repaired=frozenset({"/opt/page.html"}),
    ),
    Case(
        "taken-plugin",
        "a listed and used plug-in that the plan lacks",
        "#!/bin/sh\nfor one in /opt/plugins/*.sh; do . $one; done\n",
        PLUGINS,
        lost=frozenset({"/opt/plugins/b.sh"}),
        repaired=frozenset({"/opt/plugins/b.sh"}),
    ),
    Case(
        "taken-library",
        "a library and one that it needs, which the plan lacks",
        "#!/usr/bin/python3\nimport ctypes\nctypes.CDLL('libpanelw.so.6')\nprint('done')\n",
        lost=frozenset({f"{LIB}/libpanelw.so.6.4", f"{LIB}/libncursesw.so.6.4"}),
        repaired=frozenset({f"{LIB}/libpanelw.so.6.4"}),
        needed=frozenset({f"{LIB}/libncursesw.so.6.4"}),
    ),
    Case(
        "no-start",
        "a server that does not even start",
        SERVER,
        options=HTTP,
        lost=frozenset({f"{PYTHON}/socketserver.py"}),
        repaired=frozenset({f"{PYTHON}/socketserver.py"}),
    ),
    Case(
        "taken-loader",
        "the loader of all programs, which the plan lacks",
        "#!/usr/bin/python3\nprint('done')\n",
        lost=frozenset({f"{LIB}/ld-linux-x86-64.so.2"}),
        repaired=frozenset({f"{LIB}/ld-linux-x86-64.so.2"}),
    ),
    Case(
        "taken-interpreter",
        "the interpreter of a script that is there",
        "#!/bin/sh\n/opt/tool\n",
        {"/opt/tool": "#!/bin/cat\nhello"},
        lost=frozenset({"/bin/cat"}),
        repaired=frozenset({"/bin/cat"}),
    ),
    Case(
        "taken-start",
        "the program that the engine starts as another user",
        "#!/bin/sh\necho hello\n",
        options=("--user", "1000"),
        lost=frozenset({"/start"}),
        repaired=frozenset({"/start"}),
    ),
    Case(
        "no-accounts",
        "the table in which the engine finds the user",
        "#!/bin/sh\necho hello\n",
        options=("--user", "app", "--no-profile", "accounts", *TRACED),
        repaired=frozenset({"/etc/passwd"}),
    ),
    Case(
        "working-folder",
        "the working folder, which the engine makes as root's",
        "#!/bin/sh\necho hello\n",
        {"/opt/work/note": "x"},
        ("--workdir", "/opt/work", *TRACED),
        repaired=frozenset({"/opt/work"}),
    ),
    Case(
        "made-folder",
        "a folder that is made where it is missing",
        _again("/bin/busybox mkdir /opt/cache 2> /dev/null || true", "/bin/busybox true"),
        {"/opt/cache/note": "x"},
        TRACED,
        repaired=frozenset({"/opt/cache"}),
    ),
    Case(
        "dots",
        "a folder that a path only leads out of",
        _again("[ -e /opt/empty/../flag ] || echo gone", "[ -e /opt/flag ]"),
        {"/opt/flag": "on", "/opt/empty/note": "x"},
        TRACED,
        repaired=frozenset({"/opt/empty"}),
    ),
    Case(
        "kernel-link",
        "a file that is looked for through a link of /proc",
        _again("[ -e /proc/self/root/opt/flag ] || :", ":"),
        {"/opt/flag": "on"},
        TRACED,
        repaired=frozenset({"/opt/flag"}),
    ),
    Case(
        "opened-or-made",
        "a file that is opened for reading and writing, and made where it is missing",
        _again("exec 3<> /opt/counter", ":"),
        {"/opt/counter": "7"},
        TRACED,
        repaired=frozenset({"/opt/counter"}),
    ),
    Case(
        "written-folder",
        "a folder in which a file is made",
        _again(": > /opt/cache/new", ":"),
        {"/opt/cache/note": "x"},
        TRACED,
        repaired=frozenset({"/opt/cache"}),
    ),
    Case(
        "chain",
        "files that name each other, one more than --repair allows",
        _third(FOLLOW, ":"),
        CHAIN,
        TRACED,
        repaired=frozenset({"/opt/1", "/opt/2", "/opt/3"}),
        verified=False,
        next_step="--repair 6, or run again with --include",
    ),
    Case(
        "chain-known",
        "the same, followed by the second run of the fat image",
        _again(FOLLOW, ":"),
        CHAIN,
        (*TRACED, "--repair", "1"),
        repaired=frozenset(CHAIN),
    ),
    Case(
        "chain-allowed",
        "the same with --repair 5",
        _third(FOLLOW, ":"),
        CHAIN,
        (*TRACED, "--repair", "5"),
        repaired=frozenset(CHAIN),
    ),
    Case(
        "no-repair",
        "a template that is opened lazily, with --repair 0",
        _again("read line < /opt/late.html; echo $line", "echo hello"),
        {"/opt/late.html": "hello"},
        (*TRACED, "--repair", "0"),
        verified=False,
        next_step="(--repair 0): allow it, or run again with --include",
    ),
    Case(
        "on-purpose",
        "a file that --exclude drops is looked for",
        _again("[ -e /opt/flag ] || true", ":"),
        {"/opt/flag": "on"},
        ("--exclude", "/opt/flag"),
        on_purpose=frozenset({"/opt/flag"}),
        differs=False,
    ),
    Case(
        "chance-once",
        "nothing: one run in three says more",
        _by_number("echo a", _3="echo a; echo b"),
        differs=False,
    ),
    Case(
        "chance-either",
        "nothing: one of two, each for a while",
        _by_number("echo b", _1="echo a", _2="echo a"),
        differs=False,
    ),
    Case("chance-log", "nothing: one run in three logs an error", RESET, options=HTTP, differs=False),
    Case(
        "slim-alone",
        "each run on the slim image says more",
        _by_number("echo a", _3="echo b", _4="echo b", _6="echo b"),
        verified=False,
        next_step="both answers in transcript.json",
    ),
    Case("sound-shell", "nothing", "#!/bin/sh\necho hello\n", differs=False),
    Case("sound-python", "nothing", "#!/usr/bin/python3\nimport json\nprint(json)\n", differs=False),
    Case("sound-server", "nothing", SERVER, options=HTTP, differs=False),
    Case("sound-traced", "nothing", SERVER, options=(*HTTP, *TRACED), differs=False),
)


def altered(case: Case, plan: Plan) -> Plan:
    """`plan` without what the case takes out; what a repair added, and what that needs, stays."""
    back = {path for path, reasons in plan.kept.items() if any(one.rule == "repair" for one in reasons)}
    while more := {
        path for path in case.lost - back if any(one.source in back for one in plan.kept.get(path, ()))
    }:
        back |= more
    gone = {path: "taken out" for path in plan.kept if path in case.lost - back}
    kept = {path: reasons for path, reasons in plan.kept.items() if path not in gone}
    return replace(plan, kept=kept, dropped=dict(sorted({**plan.dropped, **gone}.items())))


@contextmanager
def slimmed(case: Case) -> Iterator[tuple[Report, str]]:
    """The report on the case and the name of its slim image, if it has one; nothing stays in the engine."""
    fat, slim = f"slim-test/golden-{case.name}:1", f"slim-result/golden-{case.name}:1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _image(case, fat, folder / "context")
        (folder / "state").mkdir()
        words = ["--tag", slim, "--volume", f"{folder}/state:/state", *case.options, fat]
        given = run_command.make_context("run", [*words, "--output", str(folder / "report")]).params
        try:
            with closing(connect()) as engine, open_run(engine, temporary=folder) as owner:
                stages = Stages(TerminalListener(None))
                report = execute(engine, owner, request_from(given), stages, lambda plan: altered(case, plan))
            yield report, report.tag
        finally:
            docker("rmi", "--force", slim, fat, check=False)


def _image(case: Case, reference: str, context: Path) -> None:
    """Half of the files in a layer of their own: a listing then depends on layers."""
    python = "python3" in case.program
    base = build("flask-debian") if python else busybox_image()
    files = sorted(case.files.items())
    layers = (dict(files[::2]), dict(files[1::2]), {"/start": case.program})
    # the label first: no two cases share a step, which one would remove and the other build upon
    lines = [f"FROM {base}", f"LABEL {LABEL}={case.name}", "USER root", "WORKDIR /", "HEALTHCHECK NONE"]
    for number, layer in enumerate(layers):
        for path, content in layer.items():
            target = context / str(number) / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content + "\n")
            target.chmod(0o755 if content.startswith("#!") else 0o644)
        lines += [f"COPY {number} /"] if layer else []
    (context / "Dockerfile").write_text("\n".join((*lines, 'CMD ["/start"]', "")))
    build_image(reference, context)
