"""fanotify from the host on real containers: what it sees, what it proves, what it costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from image_of_folder import build_image, compile_static
from images.build import build
from images.started import docker

from probes.watch.attach import Attachment
from probes.watch.fanotify import FanotifyTracer, available
from probes.watch.interface import Launch, Tracer
from probes.watch.together import TogetherTracer
from probes.watch.trace import Trace, Use
from slim.engine.interface import Container, ContainerSpec, Engine
from slim.engine.runs import LABEL, Run
from slim.errors import HostError, UsageError

pytestmark = pytest.mark.engine

_REFERENCE = "slim-test/fanotify:1"
_SUBJECT = Path(__file__).with_name("fanotify_subject.c")
_FILES = ("one", "two", "three", "hard", "in the image")
_ODD = b"n\xff\x01 (deleted)"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Ran:
    """A watched run, over."""

    trace: Trace
    exit_code: int | None
    stdout: str
    stderr: str

    @property
    def paths(self) -> set[str]:
        return {access.path for access in self.trace.accesses}

    def seen(self, folder: str = "/files/") -> set[tuple[str, Use]]:
        return {(a.path, a.use) for a in self.trace.accesses if a.path.startswith(folder)}


During = Callable[[Container, Tracer], None]


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian with the subject, and files that nothing else opens."""
    folder = tmp_path_factory.mktemp("fanotify")
    compile_static(_SUBJECT, folder / "subject")
    (folder / "files/folder").mkdir(parents=True)
    for name in _FILES:
        (folder / "files" / name).write_text(f"{name}\n")
    (folder / "files" / os.fsdecode(_ODD)).write_text("odd\n")
    (folder / "files/script").write_text("#!/files/interpreter\n")
    (folder / "files/script").chmod(0o755)
    (folder / "files/folder/inner").write_text("inner\n")
    (folder / "Dockerfile").write_text(
        f"FROM {build('oneshot')}\nENTRYPOINT []\nCMD []\nWORKDIR /\nCOPY subject /subject\n"
        "COPY files /files\nRUN ln /files/hard /files/link && cp /bin/cat /files/interpreter"
        " && mkdir -p /data && echo >/data/of-the-image\n"
    )
    return build_image(_REFERENCE, folder)


def watched(
    engine: Engine,
    run: Run,
    spec: ContainerSpec,
    *,
    tracer: FanotifyTracer | TogetherTracer | None = None,
    during: During | None = None,
) -> Ran:
    """Run `spec` watched to its end; `during` acts while it runs."""
    tracer = tracer or FanotifyTracer(engine, run.labels, run.id)
    image_id = engine.find_image(spec.image).id
    container = engine.create_container(
        tracer.prepare(spec, Launch(image_id, None, None, "/", "")), labels=run.labels
    )
    try:
        tracer.install(container)
        container.start()
        tracer.started(container)
        if during is not None:
            during(container, tracer)
        code = container.wait(_PATIENCE)
        trace = tracer.finish(container, ended_by_slim=False)
        assert trace.image == image_id
        stdout, stderr = container.logs()
        return Ran(trace, code, stdout.decode("utf-8", "replace"), stderr.decode())
    finally:
        tracer.close()
        container.remove()


def shell(image: str, line: str, **options: object) -> ContainerSpec:
    return ContainerSpec(image, command=("/bin/sh", "-c", line), **options)  # type: ignore[arg-type]


def until_said(container: Container, word: str) -> None:
    """Wait until the program has written `word`."""
    deadline = time.monotonic() + _PATIENCE
    while word not in container.logs()[0].decode():
        assert time.monotonic() < deadline, container.logs()
        time.sleep(0.02)


def test_this_machine_can_watch_its_engines_containers(engine: Engine) -> None:
    assert available(engine) == ""


@pytest.mark.parametrize(
    "options",
    [{}, {"user": "65534", "read_only": True, "security_options": ("no-new-privileges",)}],
    ids=["root", "nobody, read-only, no-new-privileges"],
)
def test_the_first_open_of_the_program_is_seen_and_nothing_before_it(
    engine: Engine, image: str, run: Run, options: dict[str, object]
) -> None:
    for _ in range(5):
        ran = watched(
            engine, run, ContainerSpec(image, command=("/subject", "each", "/files/one"), **options)
        )
        assert ran.trace.reasons == ()
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
        assert ran.seen("/") == {("/subject", Use.EXEC), ("/files/one", Use.OPEN)}
        by = {access.path: access.executable for access in ran.trace.accesses}
        assert by["/files/one"] == "/subject"
        assert {access.tracer for access in ran.trace.accesses} == {"fanotify"}


def test_the_program_has_the_environment_that_it_always_has(engine: Engine, image: str, run: Run) -> None:
    ran = watched(
        engine,
        run,
        ContainerSpec(image, command=("/usr/bin/env",), environment=(("discovery.type", "x"), ("E", "a b"))),
    )
    alone = docker("run", "--rm", "-e", "discovery.type=x", "-e", "E=a b", image, "/usr/bin/env").stdout
    lines = {line for line in ran.stdout.splitlines() if not line.startswith("HOSTNAME=")}
    assert lines == {line for line in alone.splitlines() if not line.startswith("HOSTNAME=")}


def test_a_program_that_is_not_there_makes_the_trace_incomplete(engine: Engine, image: str, run: Run) -> None:
    ran = watched(engine, run, ContainerSpec(image, command=("/missing",)))
    assert ran.exit_code == 127
    assert ran.trace.reasons == ("the program was never seen to start",)
    assert ran.trace.accesses == ()


def test_interpreters_that_the_kernel_opens_are_seen_though_no_program_asks_for_them(
    engine: Engine, image: str, run: Run
) -> None:
    tracer = TogetherTracer(engine, run.labels, run.id)
    ran = watched(engine, run, ContainerSpec(image, command=("/files/script",)), tracer=tracer)
    assert ran.trace.reasons == ()
    assert tracer.difference is not None
    loader = {path for path in tracer.difference.fanotify_only if "/ld-" in path}
    assert set(tracer.difference.fanotify_only) == {"/files/interpreter", *loader}
    assert len(loader) == 1
    assert tracer.difference.strace_only == ()
    (note,) = (note for note in ran.trace.notes if "alone" in note)
    assert note.startswith("2 of ")
    assert "/files/interpreter" in note
    assert {access.tracer for access in ran.trace.accesses} == {"fanotify", "strace"}


def test_what_fanotify_sees_of_a_working_program_strace_sees_too(
    engine: Engine, image: str, run: Run
) -> None:
    tracer = TogetherTracer(engine, run.labels, run.id)

    def probe(container: Container, tracer: Tracer) -> None:
        tracer.mark("probe")
        command = ("/bin/sh", "-c", "cat /files/two | sort && ls /files/folder")
        assert container.execute(tracer.wrap_exec(command)).stdout == b"two\ninner\n"

    line = "ls -R /files | sort | head -n 3; find /etc -name 'p*' -exec grep -l root {} +; sleep 1"
    ran = watched(engine, run, shell(image, line), tracer=tracer, during=probe)
    assert ran.trace.reasons == ()
    assert tracer.difference is not None
    assert all("/ld-" in path for path in tracer.difference.fanotify_only)
    assert tracer.difference.strace_only == ()
    assert tracer.difference.both > 20


def test_folders_scripts_odd_names_and_hard_links_have_their_own_names(
    engine: Engine, image: str, run: Run
) -> None:
    spec = shell(
        image,
        "ls /files/folder >/dev/null; cat /files/hard /files/link /files/hard >/dev/null;"
        " cat /files/n* >/dev/null; /files/script >/dev/null; cat /files/script >/dev/null",
    )
    ran = watched(engine, run, spec)
    assert ran.trace.reasons == ()
    assert ran.seen() == {
        ("/files/folder", Use.LIST),
        ("/files/hard", Use.OPEN),
        ("/files/link", Use.OPEN),
        ("/files/n\udcff\x01 (deleted)", Use.OPEN),
        ("/files/script", Use.EXEC),  # after an execution a mere open is no news
        ("/files/interpreter", Use.EXEC),
    }


def test_a_file_that_is_gone_at_once_keeps_its_name(engine: Engine, image: str, run: Run) -> None:
    spec = shell(image, "exec 3</files/one; rm /files/one; cp /files/two /files/one; rm -r /files/folder")
    ran = watched(engine, run, spec)
    assert ran.trace.reasons == ()
    assert {("/files/one", Use.OPEN), ("/files/two", Use.OPEN), ("/files/folder", Use.LIST)} <= ran.seen()
    assert not [path for path in ran.paths if "deleted" in path]


def test_volumes_bind_mounts_and_tmpfs_are_watched_without_the_hosts_own_use_of_them(
    engine: Engine, image: str, run: Run, tmp_path: Path
) -> None:
    host = tmp_path / "bound"
    host.mkdir()
    for name in ("wanted", "of the host"):
        (host / name).write_text(name)

    def use_from_host(container: Container, tracer: Tracer) -> None:
        until_said(container, "ready")
        (host / "of the host").read_text()
        pid = container.state().pid
        # a process of the host that has ended could not be told from one of the container
        held = ["sh", "-c", f"exec </proc/{pid}/root/files/two; sleep 0.3"]
        subprocess.run(held, check=True)
        docker("cp", f"{container.name}:/files/three", str(tmp_path / "copy"))
        Path(f"/proc/{pid}/root/tmp/go").touch()

    line = (
        "cat /bound/wanted /data/of-the-image /etc/hosts >/dev/null; echo >/memory/new; echo ready;"
        " while ! [ -e /tmp/go ]; do sleep 0.01; done"
    )
    volumes = (f"{host}:/bound", "/data")
    ran = watched(engine, run, shell(image, line, volumes=volumes, tmpfs=("/memory",)), during=use_from_host)
    assert ran.trace.reasons == ()
    assert {"/bound/wanted", "/data/of-the-image", "/memory/new", "/etc/hosts"} <= ran.paths
    assert not {path for path in ran.paths if "of the host" in path or "/overlay2/" in path}
    assert not {"/files/two", "/files/three", "/tmp/go"} & ran.paths
    assert any("kernel's own" in note and "proc" in note for note in ran.trace.notes)


@pytest.mark.parametrize(
    "line",
    [
        "mkdir -p /tmp/r && cp -a /files/. /tmp/r && cp /bin/busybox /tmp 2>/dev/null;"
        " cp /subject /tmp/r && chroot /tmp/r /subject each /folder/inner",
        "mkdir /tmp/r && unshare -m sh -c 'mount --bind / /tmp/r; chroot /tmp/r cat /files/folder/inner'",
        "mkdir /tmp/r && unshare -m sh -c 'mount --bind /files /tmp/r; cat /tmp/r/folder/inner; sleep 0.3'",
        "mkfifo /files/go; (sleep 0.3; echo >/files/go) & unshare -m sh -c 'mount --bind /files /files;"
        " cp /subject /files; mkdir /files/old; cd /files; pivot_root . old;"
        " /subject each /folder/inner; read _ </go'",
    ],
    ids=["chroot", "bind mount of all", "bind mount of a folder", "pivot_root"],
)
def test_names_are_the_images_whatever_root_and_mounts_a_process_has(
    engine: Engine, image: str, run: Run, line: str
) -> None:
    rights = {"capabilities_added": ("SYS_ADMIN",), "security_options": ("seccomp=unconfined",)}
    ran = watched(engine, run, shell(image, line, **rights))
    assert ran.trace.reasons == (), (ran.stdout, ran.stderr)
    wanted = "/tmp/r/folder/inner" if line.startswith("mkdir -p") else "/files/folder/inner"
    assert wanted in ran.paths, (ran.stderr, ran.paths)
    assert "/folder/inner" not in ran.paths


def test_a_descriptor_that_is_passed_on_was_seen_when_it_was_opened(
    engine: Engine, image: str, run: Run
) -> None:
    ran = watched(engine, run, ContainerSpec(image, command=("/subject", "pass", "/files/one")))
    assert (ran.exit_code, ran.trace.reasons) == (0, ())
    assert ("/files/one", Use.OPEN) in ran.seen()


def test_a_daemon_without_parents_is_seen(engine: Engine, image: str, run: Run) -> None:
    ran = watched(engine, run, ContainerSpec(image, command=("/subject", "daemon", "/files/one")))
    assert (ran.exit_code, ran.trace.reasons) == (0, ())
    assert ("/files/one", Use.OPEN) in ran.seen()


@pytest.mark.parametrize("options", [(), ("seccomp=unconfined",)], ids=["default", "unconfined"])
def test_an_open_by_io_uring_is_seen_where_it_is_allowed(
    engine: Engine, image: str, run: Run, options: tuple[str, ...]
) -> None:
    """An engine's default seccomp profile may forbid io_uring: since Docker 25.0 it does."""
    spec = ContainerSpec(image, command=("/subject", "uring", "/files/one"), security_options=options)
    ran = watched(engine, run, spec)
    assert ran.trace.reasons == ()
    allowed = ran.stdout == "opened\n"
    assert allowed or ran.stdout in ("Operation not permitted\n", "Function not implemented\n")
    assert (("/files/one", Use.OPEN) in ran.seen()) == allowed


def test_a_command_that_enters_the_container_is_seen_under_its_probe(
    engine: Engine, image: str, run: Run
) -> None:
    def probe(container: Container, tracer: Tracer) -> None:
        for name in ("first", "second"):
            tracer.mark(name)
            done = container.execute(tracer.wrap_exec(("/subject", "each", "/files/one", "/files/two")))
            assert done.exit_code == 0
        container.execute(("/bin/sh", "-c", ">/tmp/go"))

    line = "cat /files/one; while ! [ -e /tmp/go ]; do sleep 0.01; done"
    ran = watched(engine, run, shell(image, line), during=probe)
    assert ran.trace.reasons == ()
    probes = {a.probe for a in ran.trace.accesses if a.path == "/files/one" and a.use is Use.OPEN}
    assert probes == {"start", "first", "second"}
    assert {a.probe for a in ran.trace.accesses if a.path == "/files/two"} == {"first", "second"}


def test_fifty_thousand_files_in_a_storm_are_all_seen(engine: Engine, image: str, run: Run) -> None:
    count = 50_000
    ran = watched(engine, run, ContainerSpec(image, command=("/subject", "storm", "/files", str(count))))
    assert (ran.exit_code, ran.trace.reasons) == (0, ())
    assert {path for path, use in ran.seen() if use is Use.OPEN} == {
        f"/files/{number // 1000}/{number}" for number in range(count)
    }


def test_a_queue_that_overflows_makes_the_trace_incomplete(engine: Engine, image: str, run: Run) -> None:
    tracer = FanotifyTracer(engine, run.labels, run.id, unlimited_queue=False)
    spec = ContainerSpec(image, command=("/subject", "storm", "/files", "60000"))
    ran = watched(engine, run, spec, tracer=tracer)
    assert ran.exit_code == 0
    assert not ran.trace.complete
    assert "fanotify's queue overflowed" in ran.trace.reasons


_KILLED = """
import sys
sys.path[:0] = {path!r}
from probes.watch.fanotify import FanotifyTracer
from probes.watch.interface import Launch
from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec
engine = connect()
tracer = FanotifyTracer(engine, {labels!r}, "killed")
spec = ContainerSpec({image!r}, command=("/bin/sh", "-c", {line!r}))
container = engine.create_container(
    tracer.prepare(spec, Launch("sha256:0", None, None, "/", "")), labels={labels!r}
)
tracer.install(container)
if {held}:
    tracer._gate._arrived = lambda pid: print(container.id, flush=True) or sys.stdin.read()
container.start()
tracer.started(container)
print(container.id, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("held", [False, True], ids=["while it watches", "while it holds the program"])
def test_the_program_goes_on_when_slim_is_killed(engine: Engine, image: str, run: Run, held: bool) -> None:
    script = _KILLED.format(
        path=sys.path, labels=dict(run.labels), image=image, line="sleep 0.5; echo went on", held=held
    )
    killed = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with killed:
        assert killed.stdout is not None
        identifier = killed.stdout.readline().decode().strip()
        killed.send_signal(signal.SIGKILL)
    try:
        assert docker("wait", identifier).stdout.strip() == "0"
        assert docker("logs", identifier).stdout == "went on\n"
    finally:
        docker("rm", "-f", identifier)


@pytest.fixture
def running(engine: Engine, image: str, run: Run) -> Iterator[Container]:
    spec = ContainerSpec(image, command=("/subject", "hold", "/files/one", "/files/two"))
    container = engine.create_container(spec, labels=run.labels)
    try:
        container.start()
        until_said(container, "1")
        yield container
    finally:
        container.remove()


def test_attached_to_a_running_container_what_is_open_and_mapped_counts(
    engine: Engine, running: Container
) -> None:
    with Attachment(engine, running, "sha256:0") as attached:
        running.execute(("/bin/cat", "/files/three"))
        running.kill()
        running.wait()
        trace = attached.stop()
    assert trace.reasons == ()
    seen = {(access.path, access.use, access.executable) for access in trace.accesses}
    assert {
        ("/subject", Use.EXEC, "/subject"),
        ("/usr/local", Use.CHDIR, "/subject"),
        ("/files/one", Use.OPEN, "/subject"),
        ("/files/two", Use.OPEN, "/subject"),
        ("/files/three", Use.OPEN, "/usr/bin/cat"),
    } <= seen
    assert not [path for path, _, _ in seen if "memfd" in path or path.startswith(("/proc", "/dev"))]
    assert any("watched while it ran" in note for note in trace.notes)


def test_a_container_that_was_started_anew_makes_the_trace_incomplete(
    engine: Engine, running: Container
) -> None:
    with Attachment(engine, running, "sha256:0") as attached:
        docker("restart", "-t", "0", running.name)
        trace = attached.stop()
    assert trace.reasons == ("the container was started anew, with another file system",)


def test_a_container_that_does_not_run_cannot_be_attached_to(engine: Engine, running: Container) -> None:
    running.kill()
    running.wait()
    with pytest.raises(UsageError, match="not running"):
        Attachment(engine, running, "sha256:0")


def test_a_container_can_be_removed_while_nobody_watches_any_more(
    engine: Engine, image: str, run: Run
) -> None:
    ran = watched(engine, run, ContainerSpec(image, command=("/subject", "each", "/files/one")))
    assert ran.exit_code == 0
    left = [kind for kind, _, _ in engine.labelled(f"{LABEL}={run.id}")]
    assert left == ["volume"]  # the toolkit's, which goes with the run


def test_a_user_without_rights_is_told_so(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from probes.watch.fanotify import available\n"
        "from slim.engine.connect import connect\n"
        "engine = connect(); engine.info\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print(available(engine))\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "it needs root (CAP_SYS_ADMIN) on the engine's host\n"


def test_watching_a_running_program_again_and_again_costs_it_nothing(
    engine: Engine, image: str, run: Run
) -> None:
    """Ratios of the best of several runs, taken in turn on a machine that others use too."""
    spec = ContainerSpec(image, command=("/subject", "timed", "/files", "2000"))
    alone, seen = [], []
    for _ in range(4):
        alone.append(docker("run", "--rm", image, *spec.command or ()).stdout.split())
        seen.append(watched(engine, run, spec).stdout.split())
    ratios = [min(float(r[i]) for r in seen) / min(float(r[i]) for r in alone) for i in (0, 1)]
    assert ratios[0] < 1.25, (alone, seen)
    assert ratios[1] < 1.25, (alone, seen)


def test_a_far_engine_is_refused_with_a_reason(engine: Engine, image: str, run: Run) -> None:
    from test_strace import FarEngine

    far = FarEngine(engine)
    with pytest.raises(HostError, match="cannot watch") as refused:
        FanotifyTracer(far, run.labels, run.id).prepare(  # type: ignore[arg-type]
            ContainerSpec(image, command=("/subject",)), Launch("", None, None, "/", "")
        )
    assert refused.value.cause == "the engine's containers are not processes of this machine"
