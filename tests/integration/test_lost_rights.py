"""Programs that strace changes are named, and fanotify traces them as they run alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from image_of_folder import build_image, compile_static
from images.build import build
from images.started import docker
from test_fanotify import Ran, watched

from probes.watch.container_view import ContainerView, mount_id
from probes.watch.fanotify import FanotifyTracer
from probes.watch.mounts import mounts_of
from probes.watch.together import TogetherTracer
from probes.watch.trace import Use
from probes.watch.untraceable import set_id_notes, set_id_programs
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.read import read_image
from slim.engine.runs import Run

pytestmark = pytest.mark.engine

_REFERENCE = "slim-test/lost-rights:1"
_SUBJECT = Path(__file__).with_name("lost_rights_subject.c")
_DOCKERFILE = """\
FROM {base}
COPY subject /subject
RUN cp /subject /set-uid && chmod u+s /set-uid
COPY secret debugged /
COPY jail /jail
"""
_UNDER_STRACE = "which fails under strace: --tracer fanotify traces it as it runs alone"


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("lost-rights")
    compile_static(_SUBJECT, folder / "subject")
    (folder / "jail").mkdir()
    for name in ("secret", "debugged", "jail/file"):
        (folder / name).write_text("x")
    (folder / "secret").chmod(0o400)
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(base=build("base")))
    return build_image(_REFERENCE, folder)


def together(engine: Engine, run: Run, spec: ContainerSpec) -> Ran:
    return watched(engine, run, spec, tracer=TogetherTracer(engine, run.labels, run.id))


def seen_by(ran: Ran, tracer: str) -> set[tuple[str, Use]]:
    return {(a.path, a.use) for a in ran.trace.accesses if a.tracer == tracer and not a.error}


def test_a_set_uid_program_is_named_where_strace_took_its_rights(
    engine: Engine, image: str, run: Run
) -> None:
    ran = together(engine, run, ContainerSpec(image, command=("/subject", "runs-set-uid"), user="65534"))
    tree = read_image(engine, image, run.folder).tree
    assert ran.stdout == "refused\n"
    assert set_id_programs(ran.trace, tree) == ("/set-uid",)
    assert set_id_notes(ran.trace, tree) == (
        "/set-uid is set-uid, which has no effect under strace: --tracer fanotify traces it as it runs alone",
    )


def test_under_fanotify_a_set_uid_program_has_its_rights_and_is_no_matter_of_a_note(
    engine: Engine, image: str, run: Run
) -> None:
    spec = ContainerSpec(image, command=("/subject", "runs-set-uid"), user="65534")
    ran = watched(engine, run, spec, tracer=FanotifyTracer(engine, run.labels, run.id))
    assert (ran.stdout, ran.trace.reasons) == ("opened\n", ())
    assert ("/secret", Use.OPEN) in seen_by(ran, "fanotify")
    assert set_id_programs(ran.trace, read_image(engine, image, run.folder).tree) == ()


def test_a_program_that_uses_ptrace_is_named(engine: Engine, image: str, run: Run) -> None:
    ran = together(engine, run, ContainerSpec(image, command=("/subject", "debugger")))
    assert ran.stdout == "cannot debug\n"
    assert f"/subject uses ptrace(2), {_UNDER_STRACE}" in ran.trace.notes


def test_under_fanotify_a_debugger_debugs(engine: Engine, image: str, run: Run) -> None:
    ran = watched(engine, run, ContainerSpec(image, command=("/subject", "debugger")))
    assert (ran.stdout, ran.trace.reasons) == ("debugs\n", ())
    assert ("/debugged", Use.OPEN) in seen_by(ran, "fanotify")


def test_what_is_opened_after_chroot_has_its_name_in_the_image(engine: Engine, image: str, run: Run) -> None:
    ran = together(engine, run, ContainerSpec(image, command=("/subject", "chroot")))
    assert (ran.exit_code, ran.trace.reasons) == (0, ())
    assert ("/jail/file", Use.OPEN) in seen_by(ran, "fanotify")
    assert ("/jail/file", Use.OPEN) in seen_by(ran, "strace")


def test_what_is_opened_after_pivot_root_has_its_name_or_makes_the_trace_incomplete(
    engine: Engine, image: str, run: Run
) -> None:
    free = ("SYS_ADMIN",), ("seccomp=unconfined",)
    command = ("/subject", "pivot")
    spec = ContainerSpec(image, command=command, capabilities_added=free[0], security_options=free[1])
    ran = together(engine, run, spec)
    assert ran.exit_code == 0
    # the process and its mounts are gone at once: whether they can still be asked is a race
    gone = [reason for reason in ran.trace.reasons if "in a mount that is gone" in reason]
    assert gone == list(ran.trace.reasons)
    assert gone or ("/jail/file", Use.OPEN) in seen_by(ran, "fanotify")
    assert any("pivot_root" in note for note in ran.trace.notes)


PRIVATE = """
read from_the_test
for number in 0 1 2 3 4 5 6 7; do mkdir /tmp/$number && mount --bind /jail /tmp/$number; done
echo bound
read from_the_test
"""


def test_a_mount_that_has_the_number_of_a_gone_one_of_the_host_is_the_containers(
    image: str, tmp_path: Path
) -> None:
    """The kernel gives numbers out again, the lowest first: mount_id(8) of proc(5) is no identity."""
    container = docker("run", "--detach", image, "sleep", "600").stdout.strip()
    folders = [tmp_path / str(number) for number in range(20)]
    try:
        pid = int(docker("inspect", "--format", "{{.State.Pid}}", container).stdout)
        enter = ("nsenter", f"--mount=/proc/{pid}/ns/mnt", "unshare", "--mount", "sh", "-c", PRIVATE)
        with subprocess.Popen(enter, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as inside:
            assert inside.stdin is not None
            assert inside.stdout is not None
            for folder in folders:
                folder.mkdir()
                subprocess.run(["mount", "-t", "tmpfs", "slim-test", str(folder)], check=True)
            view = ContainerView(container, pid)
            before = {mount.number for mount in mounts_of(os.getpid())}
            for folder in folders:
                subprocess.run(["umount", str(folder)], check=True)
            inside.stdin.write("\n")
            inside.stdin.flush()
            assert inside.stdout.readline() == "bound\n"
            names, reused = set(), 0
            for number in range(8):
                descriptor = os.open(f"/proc/{inside.pid}/root/tmp/{number}/file", os.O_RDONLY)
                reused += mount_id(descriptor) in before
                names.add(view.name(descriptor, os.fstat(descriptor), inside.pid))
                os.close(descriptor)
            inside.stdin.close()
            view.close()
        assert (reused > 0, names) == (True, {"/jail/file"})
    finally:
        docker("rm", "--force", "--volumes", container)
