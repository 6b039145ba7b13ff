"""strace carried into real containers: what it sees, and when it says that it did not see all."""

from __future__ import annotations

import json
import os
import signal
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from busybox_image import busybox_image
from image_of_folder import build_image, compile_static
from images.started import docker

from probes.watch.interface import Launch
from probes.watch.strace import StraceTracer
from probes.watch.toolkit import build_toolkit
from probes.watch.trace import Trace, Use
from slim.engine.interface import Container, ContainerSpec, Engine, EngineInfo, Mount
from slim.engine.runs import Run
from slim.errors import ExerciseError, ImageError, UsageError

pytestmark = pytest.mark.engine

_REFERENCE = "slim-test/traced:1"
_DOCKERFILE = """\
FROM scratch
COPY subject /subject
COPY data /data
WORKDIR /data
ENTRYPOINT ["/subject"]
CMD ["known"]
"""
_SUBJECT = Path(__file__).with_name("traced_subject.c")
_PATIENCE = 60.0


@dataclass(frozen=True)
class Ran:
    """A traced run, over."""

    trace: Trace
    exit_code: int | None
    stdout: str

    def seen(self, executable: str = "/subject") -> set[tuple[str, Use, str]]:
        return {
            (access.path, access.use, access.error)
            for access in self.trace.accesses
            if access.executable == executable and not access.path.startswith("/proc/")
        }


During = Callable[[Container, StraceTracer], None]


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One static program on an empty root, with a few files."""
    folder = tmp_path_factory.mktemp("traced")
    compile_static(_SUBJECT, folder / "subject", "-pthread")
    (folder / "data/sub").mkdir(parents=True)
    for name in (b"above", b"sub/file", b'na = "me" <\xff'):
        (folder / "data" / os.fsdecode(name)).write_text("x")
    (folder / "data/link").symlink_to("above")
    (folder / "Dockerfile").write_text(_DOCKERFILE)
    return build_image(_REFERENCE, folder)


class FarEngine:
    """The same engine, taken for one whose processes and folders are not ours to see."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def info(self) -> EngineInfo:
        return replace(self._engine.info, local=False)

    def create_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        self._engine.create_volume(name, labels=labels)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def traced(
    engine: Engine,
    run: Run,
    spec: ContainerSpec,
    *,
    during: During | None = None,
    kill: bool = False,
    user: str = "",
) -> Ran:
    """Run `spec` traced to its end; `during` acts while it runs; `kill`: slim ends it."""
    tracer = StraceTracer(engine, run.labels, run.id)
    launch = Launch("sha256:0", ("/subject",), ("known",), "/data", user)
    container = engine.create_container(tracer.prepare(spec, launch), labels=run.labels)
    try:
        tracer.install(container)
        container.start()
        tracer.started(container)
        if during is not None:
            during(container, tracer)
        if kill:
            tracer.check_alive(container)
            container.kill()
        code = container.wait(_PATIENCE)
        trace = tracer.finish(container, ended_by_slim=kill)
        return Ran(trace, code, container.logs()[0].decode())
    finally:
        container.remove()


def until_said(container: Container, word: str) -> None:
    """Wait until the program has written `word`."""
    deadline = time.monotonic() + _PATIENCE
    while word not in container.logs()[0].decode():
        assert time.monotonic() < deadline, container.logs()
        time.sleep(0.02)


KNOWN = {
    ("/data/sub", Use.LIST, ""),
    ("/data/sub/file", Use.OPEN, ""),
    ("/data/above", Use.OPEN, ""),
    ("/data/link", Use.OPEN, ""),
    ("/data/link", Use.LINK_LOOKUP, ""),
    ('/data/na = "me" <\udcff', Use.LOOKUP, ""),
    ("/data/sub", Use.CHDIR, ""),
    ("/data/sub/of-child", Use.LOOKUP, "ENOENT"),
    ("/data/missing", Use.EXEC, "ENOENT"),
    ("/data/of-parent", Use.LOOKUP, "ENOENT"),
}


@pytest.mark.parametrize("far", [False, True], ids=["folder", "engine"])
@pytest.mark.parametrize(
    "spec",
    [
        ContainerSpec(_REFERENCE),
        ContainerSpec(_REFERENCE, user="65534", read_only=True, security_options=("no-new-privileges",)),
        ContainerSpec(_REFERENCE, capabilities_dropped=("ALL",)),
    ],
    ids=["root", "nobody, read-only, no-new-privileges", "no capability"],
)
def test_every_access_is_seen_whoever_the_program_runs_as(
    engine: Engine, image: str, run: Run, spec: ContainerSpec, far: bool
) -> None:
    ran = traced(FarEngine(engine) if far else engine, run, spec)  # type: ignore[arg-type]
    assert ran.trace.reasons == ()
    assert ran.exit_code == 7
    assert ran.seen() == KNOWN


def test_the_program_has_the_capabilities_and_the_process_id_that_it_always_has(
    engine: Engine, image: str, run: Run
) -> None:
    for options in ([], ["--cap-drop", "ALL"], ["--cap-drop", "SETPCAP", "--cap-add", "NET_ADMIN"]):
        alone = docker("run", "--rm", *options, image, "rights").stdout
        dropped = tuple(options[i + 1] for i, word in enumerate(options) if word == "--cap-drop")
        added = tuple(options[i + 1] for i, word in enumerate(options) if word == "--cap-add")
        spec = ContainerSpec(
            image, command=("rights",), capabilities_dropped=dropped, capabilities_added=added
        )
        assert traced(engine, run, spec).stdout == alone


def test_a_program_that_becomes_another_user_is_seen_all_the_same(
    engine: Engine, image: str, run: Run
) -> None:
    ran = traced(engine, run, ContainerSpec(image, command=("other-user",)))
    assert ran.trace.reasons == ()
    assert ran.seen() == {
        ("/data/sub", Use.LIST, ""),
        ("/data/sub/file", Use.OPEN, ""),
        ("/data/sub", Use.CHDIR, ""),
        ("/data/sub/nothing", Use.LOOKUP, "ENOENT"),
        ("/subject", Use.EXEC, ""),
    }


def test_threads_with_a_folder_of_their_own_are_told_apart(engine: Engine, image: str, run: Run) -> None:
    # Docker's own seccomp profile refuses unshare(2)
    spec = ContainerSpec(image, command=("threads",), security_options=("seccomp=unconfined",))
    ran = traced(engine, run, spec)
    assert ran.trace.reasons == ()
    assert ran.seen() == {
        ("/data/sub", Use.CHDIR, ""),
        ("/data/sub/in-thread", Use.LOOKUP, "ENOENT"),
        ("/data/in-first", Use.LOOKUP, "ENOENT"),
    }


def test_what_is_looked_up_through_links_of_proc_is_seen_by_its_name_in_the_image(
    engine: Engine, image: str, run: Run
) -> None:
    ran = traced(engine, run, ContainerSpec(image, command=("links",)))
    assert ran.trace.reasons == ()
    assert ran.seen() == {
        ("/data/sub", Use.LIST, ""),
        ("/data/above", Use.LOOKUP, ""),
        ("/data/link", Use.LINK_LOOKUP, ""),
        ("/data/sub/file", Use.LOOKUP, ""),
        ("/data/sub/none", Use.OPEN, "ENOENT"),
        ("/", Use.CHDIR, ""),
        ("/data/of-first", Use.LOOKUP, "ENOENT"),
        ("/subject", Use.EXEC, ""),
    }
    assert ran.trace.notes == (
        "/subject goes through /proc/PID/fd to what strace does not know: "
        "what it only looks up there is not seen (--include keeps it)",
    )


def test_a_command_beside_the_program_looks_through_its_links(engine: Engine, image: str, run: Run) -> None:
    def command(container: Container, tracer: StraceTracer) -> None:
        until_said(container, "waiting")
        line = "cd /; [ -e /proc/1/cwd/sub/file ]"
        assert container.execute(tracer.wrap_exec((*tracer.shell, line)), timeout=_PATIENCE).exit_code == 0

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=command, kill=True)
    assert ("/data/sub/file", Use.LOOKUP, "") in ran.seen("")
    assert ran.trace.notes == ()


def test_a_storm_of_processes_loses_nothing(engine: Engine, image: str, run: Run) -> None:
    ran = traced(engine, run, ContainerSpec(image, command=("storm",)))
    assert ran.trace.reasons == ()
    assert {path for path, _, _ in ran.seen()} == {
        f"/data/{kind}{index}" for index in range(200) for kind in ("of-child-", "of-grandchild-")
    }


def test_a_program_that_ends_at_once_is_a_complete_trace(engine: Engine, image: str, run: Run) -> None:
    ran = traced(engine, run, ContainerSpec(image, command=("nothing",)))
    assert (ran.trace.complete, ran.exit_code) == (True, 0)
    assert [access.path for access in ran.trace.accesses if access.use is Use.EXEC] == ["/subject"]


def test_a_container_that_slim_ends_is_complete_when_strace_was_proved_alive(
    engine: Engine, image: str, run: Run
) -> None:
    ran = traced(
        engine,
        run,
        ContainerSpec(image, command=("wait",)),
        during=lambda container, _: until_said(container, "waiting"),
        kill=True,
    )
    assert ran.trace.reasons == ()
    assert ("/data/before", Use.LOOKUP, "ENOENT") in ran.seen()


def test_a_program_that_ends_on_its_stop_signal_needs_no_proof(engine: Engine, image: str, run: Run) -> None:
    def end(container: Container, _: StraceTracer) -> None:
        until_said(container, "waiting")
        container.signal("SIGTERM")

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=end)
    assert (ran.trace.complete, ran.exit_code) == (True, 3)
    assert ("/data/goodbye", Use.LOOKUP, "ENOENT") in ran.seen()


def test_a_first_process_that_something_else_killed_makes_the_trace_incomplete(
    engine: Engine, image: str, run: Run
) -> None:
    def kill(container: Container, _: StraceTracer) -> None:
        until_said(container, "waiting")
        os.kill(container.state().pid, signal.SIGKILL)

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=kill)
    assert ran.trace.reasons == ("the container's end was not seen: it, or strace, was killed",)


@pytest.mark.parametrize("ended", [False, True], ids=["ends by itself", "ended by slim"])
def test_a_killed_strace_makes_the_trace_incomplete(
    engine: Engine, image: str, run: Run, ended: bool
) -> None:
    def kill(container: Container, _: StraceTracer) -> None:
        until_said(container, "waiting")
        pid = container.state().pid
        os.kill(_tracer_of(pid), signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE
        while _tracer_of(pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if not ended:
            container.signal("SIGTERM")

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=kill, kill=ended)
    assert not ran.trace.complete


def _tracer_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:")))


def test_a_command_beside_the_program_is_traced_in_the_containers_folder(
    engine: Engine, image: str, run: Run
) -> None:
    def command(container: Container, tracer: StraceTracer) -> None:
        until_said(container, "waiting")
        tracer.mark("probe")
        done = container.execute(tracer.wrap_exec(["/subject", "known"]), timeout=_PATIENCE)
        assert done.exit_code == 7

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=command, kill=True)
    assert ran.trace.reasons == ()
    assert ran.seen() >= KNOWN
    assert {access.probe for access in ran.trace.accesses if access.path == "/data/sub/file"} == {"probe"}


def test_a_shell_command_runs_where_the_image_has_no_shell_and_is_no_access(
    engine: Engine, image: str, run: Run
) -> None:
    said: list[str] = []

    def command(container: Container, tracer: StraceTracer) -> None:
        until_said(container, "waiting")
        tracer.mark("probe")
        line = "/subject nothing; read -r line <above; echo $line; [ -e missing-file ]; exit 4"
        done = container.execute(tracer.wrap_exec((*tracer.shell, line)), timeout=_PATIENCE)
        said.extend((done.stdout.decode(), str(done.exit_code)))

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=command, kill=True)
    assert said == ["x\n", "4"]
    assert ran.trace.reasons == ()
    of_shell = {
        (access.path, access.use, access.error)
        for access in ran.trace.accesses
        if access.probe == "probe" and access.executable == ""
    }
    assert of_shell == {
        ("/subject", Use.EXEC, ""),
        ("/data/above", Use.OPEN, ""),
        ("/data/missing-file", Use.LOOKUP, "ENOENT"),
    }


def test_the_users_entrypoint_drops_the_images_command(engine: Engine, image: str, run: Run) -> None:
    ran = traced(engine, run, ContainerSpec(image, entrypoint=("/subject",)))
    assert ran.exit_code == 9


def test_a_program_of_another_libc_is_traced(engine: Engine, run: Run) -> None:
    busybox = busybox_image()
    spec = ContainerSpec(busybox, entrypoint=(), command=("/bin/cat", "/etc/passwd", "/none"))
    ran = traced(engine, run, spec)
    assert ran.trace.reasons == ()
    assert {("/etc/passwd", Use.OPEN, ""), ("/none", Use.OPEN, "ENOENT")} <= ran.seen("/bin/cat")


@pytest.mark.parametrize("user", ["", "65534"])
@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("/nope", "the image has no program '/nope'"),
        ("nosuchprogram", "the image has no program 'nosuchprogram'"),
        ("/data/above", "'/data/above' in the image cannot be executed"),
        ("/data/sub", "'/data/sub' in the image cannot be executed"),
    ],
)
def test_a_program_that_cannot_be_started_is_the_images_fault(
    engine: Engine, image: str, run: Run, user: str, program: str, message: str
) -> None:
    with pytest.raises(ExerciseError) as raised:
        traced(engine, run, ContainerSpec(image, entrypoint=(program,), user=user))
    assert raised.value.message == message
    assert raised.value.remedy
    assert "setpriv" not in str(raised.value)
    assert "strace" not in str(raised.value)


@pytest.mark.parametrize("code", [126, 127])
def test_a_program_that_ends_as_if_it_had_not_started_has_started(
    engine: Engine, run: Run, code: int
) -> None:
    command = ("/bin/sh", "-c", f"/none; echo 'setpriv: failed to execute x' >&2; exit {code}")
    ran = traced(engine, run, ContainerSpec(busybox_image(), entrypoint=(), command=command))
    assert ran.exit_code == code
    assert ran.trace.reasons == ()


def test_children_that_die_in_a_call_with_the_first_process_lose_nothing(engine: Engine, run: Run) -> None:
    command = ("/bin/sh", "-c", "for i in 1 2 3 4; do (while :; do : </etc/passwd; done) & done; exit 0")
    spec = ContainerSpec(busybox_image(), entrypoint=(), command=command)
    assert [traced(engine, run, spec).trace.reasons for _ in range(10)] == [()] * 10


def test_an_image_that_says_nothing_needs_a_command(engine: Engine, image: str, run: Run) -> None:
    with pytest.raises(UsageError):
        traced(engine, run, ContainerSpec(image, entrypoint=()))


def test_an_image_of_another_architecture_is_refused(engine: Engine, run: Run, tmp_path: Path) -> None:
    reference = "slim-test/traced-s390x:1"
    config = {"architecture": "s390x", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": []}]
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as image:
        for name, content in (("config.json", config), ("manifest.json", manifest)):
            (tmp_path / name).write_text(json.dumps(content))
            image.add(tmp_path / name, name)
    docker("load", "-i", str(archive))
    try:
        with pytest.raises(ImageError) as raised:
            traced(engine, run, ContainerSpec(reference))
    finally:
        docker("image", "rm", reference)
    assert "s390x" in raised.value.message


def test_a_program_out_of_memory_makes_the_trace_incomplete(engine: Engine, image: str, run: Run) -> None:
    def shrink(container: Container, _: StraceTracer) -> None:
        until_said(container, "waiting")
        docker("update", "--memory", "8m", "--memory-swap", "8m", container.id)
        container.signal("SIGUSR1")

    ran = traced(engine, run, ContainerSpec(image, command=("wait",)), during=shrink)
    assert not ran.trace.complete
    assert "out of memory" in ran.trace.reasons[0]


def test_progress_grows_while_the_program_runs(engine: Engine, image: str, run: Run) -> None:
    def look(container: Container, tracer: StraceTracer) -> None:
        until_said(container, "waiting")
        deadline = time.monotonic() + _PATIENCE
        while tracer.progress().paths == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert tracer.progress().events > 0
        assert tracer.progress().last_event <= time.monotonic()

    traced(engine, run, ContainerSpec(image, command=("wait",)), during=look, kill=True)


def test_a_disk_that_fills_up_makes_the_trace_incomplete(engine: Engine, image: str, run: Run) -> None:
    name = f"slim-{run.id}-small"
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    size = f"o=size={len(build_toolkit().archive) + (1 << 16)}"
    options = ["--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", size]
    docker("volume", "create", *label, *options, name)
    # a tmpfs lives for as long as a container has it
    holder = engine.create_container(
        ContainerSpec(image, command=("wait",), mounts=(Mount(name, "/held"),)), labels=run.labels
    )
    holder.start()

    class SmallDisk(FarEngine):
        def create_container(self, spec: ContainerSpec, *, labels: Mapping[str, str]) -> Container:
            mounts = tuple(replace(mount, volume=name) for mount in spec.mounts)
            return engine.create_container(replace(spec, mounts=mounts), labels=labels)

    ran = traced(SmallDisk(engine), run, ContainerSpec(image, command=("storm",)))  # type: ignore[arg-type]
    assert ran.exit_code == 0
    assert any("No space left on device" in reason for reason in ran.trace.reasons)
