"""The engine, through Docker's API: containers as docker run makes them, streams, and its errors."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from busybox_image import busybox_image
from images.started import docker

from slim.engine.connect import connect
from slim.engine.docker_api import DockerEngine
from slim.engine.docker_container import DockerContainer
from slim.engine.interface import Container, ContainerSpec, Mount
from slim.engine.options import RunOptions, container_spec
from slim.engine.runs import LABEL, Run, open_run
from slim.errors import EngineError, ExerciseError, ImageError, UsageError

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine(engine_answers: str) -> Iterator[DockerEngine]:
    connected = connect()
    assert isinstance(connected, DockerEngine)
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def image(engine: DockerEngine) -> str:
    return busybox_image()


@pytest.fixture
def sleeper(engine: DockerEngine, image: str, run: Run) -> Container:
    container = engine.create_container(
        ContainerSpec(image, command=("/bin/sleep", "1000"), publish=(8000,)), labels=run.labels
    )
    container.start()
    return container


def made(engine: DockerEngine, run: Run, spec: ContainerSpec) -> Container:
    return engine.create_container(spec, labels=run.labels)


def shell(image: str, script: str) -> ContainerSpec:
    return ContainerSpec(image, command=("/bin/sh", "-c", script))


# What the engine says of itself and of images


def test_the_engine_names_itself_and_is_local(engine: DockerEngine):
    info = engine.info
    assert info.name == "Docker"
    assert info.version == docker("version", "--format", "{{.Server.Version}}").stdout.strip()
    assert info.architecture == docker("version", "--format", "{{.Server.Arch}}").stdout.strip()
    assert info.local


def test_an_image_is_found_by_name_and_by_id_with_its_layers(engine: DockerEngine, image: str):
    by_name = engine.find_image(image)
    by_id = engine.find_image(by_name.id)
    assert by_name.reference == image
    assert image in by_name.tags
    assert by_name.id == by_id.id == docker("image", "inspect", "-f", "{{.Id}}", image).stdout.strip()
    layers = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", image).stdout)
    if engine.info.storage_driver == "overlay2":
        assert len(by_name.layer_folders) == len(layers)
        # lowest first: busybox came before the user database
        assert (by_name.layer_folders[0] / "bin/busybox").is_file()
        assert (by_name.layer_folders[-1] / "etc/passwd").is_file()
        assert json.loads(by_name.config_file.read_bytes())["rootfs"]["diff_ids"] == layers


@pytest.mark.parametrize(
    "reference", ["slim-test/no-such:1", "UPPER", "", "../containers", "a b", "x?y", "sha256:" + 64 * "0"]
)
def test_an_image_that_is_not_there_is_told_with_a_remedy(engine: DockerEngine, reference: str):
    with pytest.raises(ImageError) as caught:
        engine.find_image(reference)
    assert "docker pull" in caught.value.remedy


def test_a_saved_image_loads_under_the_tag_in_its_archive(engine: DockerEngine, image: str, run: Run):
    engine.tag_image(image, run.pending_reference)
    archive = run.folder / "image.tar"
    with archive.open("wb") as file:
        file.writelines(engine.save_image(run.pending_reference))
    engine.remove_image(run.pending_reference)
    assert engine.pending_images(f"slim-run/{run.id}") == ()
    assert engine.load_image(archive) == engine.find_image(image).id
    assert engine.pending_images(f"slim-run/{run.id}") == (run.pending_reference,)


def test_an_archive_that_is_no_image_is_the_engines_error(engine: DockerEngine, run: Run):
    archive = run.folder / "image.tar"
    with tarfile.open(archive, "w") as file:
        file.addfile(tarfile.TarInfo("nothing"), io.BytesIO())
    with pytest.raises(EngineError, match="cannot load") as caught:
        engine.load_image(archive)
    assert caught.value.cause


def test_an_image_that_does_not_exist_is_not_saved_tagged_or_missed(engine: DockerEngine):
    with pytest.raises(EngineError, match="cannot save"):
        engine.save_image("slim-test/no-such:1")
    with pytest.raises(ImageError):
        engine.tag_image("slim-test/no-such:1", "slim-test/x:1")
    engine.remove_image("slim-test/no-such:1")


def test_an_illegal_tag_is_a_usage_error(engine: DockerEngine, image: str):
    for reference in ("UPPER:1", "name:bad tag", "name:" + "x" * 200):
        with pytest.raises(UsageError, match="not a legal name"):
            engine.tag_image(image, reference)


# Containers as docker run makes them

OPTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "none": ([], {}),
    "environment": (["-e", "A=1", "-e", "FROM_IMAGE", "-e", "B=x=y", "-e", "HOME"],
                    {"environment": ["A=1", "FROM_IMAGE", "B=x=y", "HOME"]}),
    "user": (["--user", "1000:1000", "--workdir", "/w", "--hostname", "host"],
             {"user": "1000:1000", "workdir": "/w", "hostname": "host"}),
    "volumes": (["-v", "/usr/share:/share:ro", "-v", "/anonymous", "-v", "./tests:/t"],
                {"volumes": ["/usr/share:/share:ro", "/anonymous", "./tests:/t"]}),
    "ports": (["-p", "80", "-p", "127.0.0.1:8080:81", "-p", "53/udp", "-p", "9000-9001:9000-9001",
               "-p", "[::1]:8082:82", "-p", "6000-6009:83"],
              {"ports": ["80", "127.0.0.1:8080:81", "53/udp", "9000-9001:9000-9001", "[::1]:8082:82",
                         "6000-6009:83"]}),
    "network": (["--network", "host"], {"network": "host"}),
    "no network": (["--network", "none"], {"network": "none"}),
    "read-only": (["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/run:size=1m"],
                  {"read_only": True, "tmpfs": ["/tmp", "/run:size=1m"]}),
    "security": (["--security-opt", "no-new-privileges", "--security-opt", "seccomp=unconfined",
                  "--security-opt", "systempaths=unconfined"],
                 {"security_options": ["no-new-privileges", "seccomp=unconfined", "systempaths=unconfined"]}),
    "capabilities": (["--cap-add", "net_raw", "--cap-add", "CAP_CHOWN", "--cap-drop", "all"],
                     {"capabilities_added": ["net_raw", "CAP_CHOWN"], "capabilities_dropped": ["all"]}),
    "entrypoint": (["--entrypoint", "/bin/sh -c"], {"entrypoint": "/bin/sh -c"}),
    "no healthcheck": (["--no-healthcheck"], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_options_reach_the_container_as_docker_run_brings_them(
    engine: DockerEngine, image: str, run: Run, name: str
):
    arguments, options = OPTIONS[name]
    spec = container_spec(RunOptions(image, command=("x", "y"), **options), os.environ)
    if name == "no healthcheck":
        spec = ContainerSpec(**{**vars(spec), "healthcheck": False})
    assert_as_docker_makes_it(made(engine, run, spec), arguments, image, ["x", "y"])


def test_a_cleared_entrypoint_needs_and_takes_a_command(engine: DockerEngine, image: str, run: Run):
    spec = container_spec(RunOptions(image, entrypoint="", command=("/bin/env",)), {})
    assert_as_docker_makes_it(made(engine, run, spec), ["--entrypoint", ""], image, ["/bin/env"])
    with pytest.raises(UsageError, match="cannot create"):
        made(engine, run, ContainerSpec(image, entrypoint=()))


def test_an_environment_file_reaches_the_container_as_docker_run_brings_it(
    engine: DockerEngine, image: str, run: Run, tmp_path: Path
):
    file = tmp_path / "env"
    file.write_text("# comment\nA=1\n  B='2' \nHOME\nNOT_SET_ANYWHERE\n")
    given = RunOptions(image, environment=["A=2"], environment_files=[file])
    spec = container_spec(given, os.environ)
    container = made(engine, run, ContainerSpec(**{**vars(spec), "command": ("x",)}))
    theirs = created_by_docker(["--env-file", str(file), "-e", "A=2"], image, ["x"])
    assert last_values(inspected(container.id)) == last_values(theirs)


def test_a_network_of_the_users_is_joined(engine: DockerEngine, image: str, run: Run):
    name = f"slim-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", "--label", f"{LABEL}={run.id}", name)
    container = made(engine, run, ContainerSpec(image, command=("/bin/sleep", "1000"), network=name))
    assert_as_docker_makes_it(container, ["--network", name], image, ["/bin/sleep", "1000"])
    container.start()
    assert len(container.state().addresses) == 1
    neighbour = made(
        engine, run, ContainerSpec(image, command=("/bin/sleep", "9"), network=f"container:{container.name}")
    )
    neighbour.start()
    assert neighbour.state().addresses == container.state().addresses


def test_a_named_volume_that_did_not_exist_is_the_runs_and_one_that_did_is_not(
    engine: DockerEngine, image: str, tmp_path: Path
):
    old, new = (f"slim-test-{uuid.uuid4().hex[:8]}" for _ in range(2))
    docker("volume", "create", old)
    try:
        with open_run(engine, temporary=tmp_path) as run:
            made(engine, run, ContainerSpec(image, volumes=(f"{old}:/old", f"{new}:/new")))
        left = docker("volume", "ls", "-q").stdout.split()
        assert old in left
        assert new not in left
    finally:
        docker("volume", "rm", old)


def test_a_variable_that_is_not_set_hides_the_images_own(engine: DockerEngine, image: str, run: Run):
    spec = container_spec(RunOptions(image, environment=["FROM_IMAGE"], command=("/bin/env",)), {})
    container = made(engine, run, spec)
    container.start()
    assert container.wait() == 0
    assert b"FROM_IMAGE" not in container.logs()[0]


def test_an_option_that_the_engine_refuses_is_a_usage_error(engine: DockerEngine, image: str, run: Run):
    with pytest.raises(UsageError) as caught:
        made(engine, run, ContainerSpec(image, capabilities_added=("CAP_NONSENSE",)))
    assert "CAP_NONSENSE" in caught.value.cause
    with pytest.raises(ImageError):
        made(engine, run, ContainerSpec("slim-test/no-such:1"))


# Life of a container


def test_a_container_runs_to_its_end_with_its_output_apart(engine: DockerEngine, image: str, run: Run):
    container = made(engine, run, shell(image, "echo out; echo err >&2; exit 3"))
    assert container.state().status == "created"
    assert container.state().exit_code is None
    container.start()
    assert container.wait() == 3
    assert container.logs() == (b"out\n", b"err\n")
    state = container.state()
    assert (state.status, state.exit_code, state.pid, state.oom_killed) == ("exited", 3, 0, False)


def test_output_is_bounded_and_has_a_tail(engine: DockerEngine, image: str, run: Run):
    container = made(engine, run, shell(image, "for i in 1 2 3 4 5; do echo $i; done; echo 6 >&2"))
    container.start()
    container.wait()
    assert container.logs(limit=4) == (b"1\n2\n", b"6\n")
    assert b"".join(container.logs(tail=2)) in (b"5\n6\n", b"4\n5\n")


def test_waiting_ends_when_the_time_is_up(sleeper: Container):
    began = time.monotonic()
    assert sleeper.wait(0.3) is None
    assert 0.3 <= time.monotonic() - began < 5


def test_a_running_container_has_a_process_an_address_and_our_port_on_loopback(sleeper: Container):
    state = sleeper.state()
    assert state.status == "running"
    assert b"sleep" in Path(f"/proc/{state.pid}/cmdline").read_bytes()
    assert len(state.addresses) == 1
    address, port = state.published[8000]
    assert address == "127.0.0.1"
    assert port > 0


def test_signals_reach_the_first_process_and_none_is_an_error_after_its_end(
    engine: DockerEngine, image: str, run: Run
):
    container = made(engine, run, shell(image, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"))
    container.start()
    deadline = time.monotonic() + 20
    while container.logs()[0] != b"ready\n":
        assert time.monotonic() < deadline
    container.signal("SIGTERM")
    assert container.wait(20) == 7
    container.signal("SIGTERM")
    container.kill()


def test_removal_takes_anonymous_volumes_along_and_may_be_repeated(
    engine: DockerEngine, image: str, run: Run
):
    container = made(engine, run, ContainerSpec(image, command=("/bin/sleep", "100"), volumes=("/a",)))
    container.start()
    volumes = {mount["Name"] for mount in inspected(container.id)["Mounts"]}
    assert len(volumes) == 2  # with the one that the image declares
    container.remove()
    container.remove()
    assert not volumes & set(docker("volume", "ls", "-q").stdout.split())


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"entrypoint": ("/no/such/program",)}, "no such file"),
        ({"entrypoint": ("program",)}, "executable file not found"),
        ({"entrypoint": ("/etc/passwd",)}, "permission denied"),
        ({"command": ("/bin/env",), "user": "nobody-here"}, "unable to find user"),
    ],
)
def test_a_container_that_cannot_start_by_its_own_fault_says_why(
    engine: DockerEngine, image: str, run: Run, spec: dict[str, Any], told: str
):
    container = made(engine, run, ContainerSpec(image, **spec))
    with pytest.raises(ExerciseError) as caught:
        container.start()
    assert told in caught.value.cause
    assert told in container.state().error


def test_a_port_that_is_taken_is_the_engines_error(
    engine: DockerEngine, image: str, run: Run, sleeper: Container
):
    taken = sleeper.state().published[8000][1]
    container = made(
        engine, run, ContainerSpec(image, command=("/bin/env",), ports=(f"127.0.0.1:{taken}:1",))
    )
    with pytest.raises(EngineError) as caught:
        container.start()
    assert "-p" in caught.value.remedy


def test_archives_go_in_before_the_start_and_come_out_after_the_end(
    engine: DockerEngine, image: str, run: Run
):
    container = made(engine, run, shell(image, "/bin/cat /in/file >/out; echo more >>/out"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("in/file")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"data\n"))
    container.put_archive("/", buffer.getvalue())
    container.start()
    assert container.wait() == 0
    with tarfile.open(fileobj=io.BytesIO(b"".join(container.get_archive("/out")))) as archive:
        assert archive.extractfile("out").read() == b"data\nmore\n"
    with pytest.raises(EngineError, match="/no/such"):
        container.get_archive("/no/such")
    with pytest.raises(EngineError, match="/no/such"):
        container.put_archive("/no/such", buffer.getvalue())


def test_a_volume_of_ours_is_seen_from_here_and_from_the_container(
    engine: DockerEngine, image: str, run: Run
):
    volume = f"slim-test-{uuid.uuid4().hex[:8]}"
    folder = engine.create_volume(volume, labels=run.labels)
    (folder / "from-host").write_text("hello")
    container = made(
        engine,
        run,
        ContainerSpec(image, command=("/bin/cat", "/.slim/from-host"), mounts=(Mount(volume, "/.slim"),)),
    )
    container.start()
    assert container.wait() == 0
    assert container.logs()[0] == b"hello"


# Commands in a container


def test_a_command_ends_with_its_code_and_both_streams(sleeper: Container):
    result = sleeper.execute(["/bin/sh", "-c", "echo out; echo err >&2; exit 5"])
    assert (result.exit_code, result.stdout, result.stderr) == (5, b"out\n", b"err\n")
    assert not result.truncated


def test_a_command_has_the_containers_surroundings_unless_told_otherwise(sleeper: Container):
    assert b"FROM_IMAGE=image\n" in sleeper.execute(["/bin/env"]).stdout
    script = ["/bin/sh", "-c", "busybox id -u; pwd; echo $A $FROM_IMAGE"]
    told = sleeper.execute(script, user="app", environment=[("A", "b c")], workdir="/etc")
    assert told.stdout == b"1000\n/etc\nb c image\n"


def test_output_beyond_the_bound_is_read_and_thrown_away(sleeper: Container):
    result = sleeper.execute(["busybox", "dd", "if=/dev/zero", "bs=1M", "count=8"], limit=1000)
    assert result.exit_code == 0
    assert len(result.stdout) == 1000
    assert result.truncated


def test_a_command_that_takes_too_long_is_killed_with_its_children(sleeper: Container):
    began = time.monotonic()
    result = sleeper.execute(["/bin/sh", "-c", "echo began; sleep 77; echo"], timeout=1)
    assert time.monotonic() - began < 10
    assert (result.exit_code, result.stdout, result.left_running) == (None, b"began\n", False)
    assert b"sleep 77" not in sleeper.execute(["busybox", "ps"]).stdout


def test_a_chatty_command_does_not_outlive_its_time(sleeper: Container):
    result = sleeper.execute(["busybox", "yes"], timeout=1, limit=10)
    assert result.exit_code is None
    assert result.truncated
    assert b"yes" not in sleeper.execute(["busybox", "ps"]).stdout


def test_a_command_may_close_its_output_long_before_its_end(sleeper: Container):
    script = "exec >/dev/null 2>&1; sleep 0.5; exit 4"
    assert sleeper.execute(["/bin/sh", "-c", script], timeout=20).exit_code == 4
    slow = sleeper.execute(["/bin/sh", "-c", "exec >/dev/null 2>&1; sleep 78; exit 4"], timeout=0.5)
    assert slow.exit_code is None
    assert b"sleep 78" not in sleeper.execute(["busybox", "ps"]).stdout


def test_a_command_that_is_not_there_ends_as_docker_exec_does(sleeper: Container):
    result = sleeper.execute(["/no/such"])
    assert result.exit_code in (126, 127)
    assert b"/no/such" in result.stdout + result.stderr


def test_a_command_in_a_container_that_has_ended_is_an_error_of_its_own(
    engine: DockerEngine, image: str, run: Run
):
    container = made(engine, run, ContainerSpec(image))
    with pytest.raises(ExerciseError, match="not running"):
        container.execute(["/bin/env"])


def test_following_yields_output_as_it_comes(sleeper: Container):
    stream = sleeper.follow(["/bin/sh", "-c", "busybox mkfifo /fifo; echo one; cat /fifo; echo two"])
    assert next(stream) == b"one\n"
    assert sleeper.execute(["/bin/sh", "-c", "echo meanwhile >/fifo"], timeout=20).exit_code == 0
    assert b"".join(stream) == b"meanwhile\ntwo\n"


def test_a_follower_that_leaves_ends_the_command(sleeper: Container):
    stream = sleeper.follow(["busybox", "yes"])
    assert next(stream).startswith(b"y\n")
    stream.close()
    assert b"yes" not in sleeper.execute(["busybox", "ps"]).stdout


def test_the_first_bytes_of_quick_commands_are_never_lost(sleeper: Container):
    outputs = {sleeper.execute(["busybox", "echo", "all of it"]).stdout for _ in range(25)}
    assert outputs == {b"all of it\n"}


# No engine, no permission, one that does not answer


def test_no_socket_is_told_with_a_remedy():
    with pytest.raises(EngineError) as caught:
        connect(environment={"DOCKER_HOST": "unix:///nonexistent.sock"})
    assert "No such file" in caught.value.cause
    assert "DOCKER_HOST" in caught.value.remedy


def test_a_socket_that_nobody_listens_on_is_told(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    with pytest.raises(EngineError) as caught:
        connect(f"unix://{tmp_path}/s")
    assert "refused" in caught.value.cause
    assert "start" in caught.value.remedy


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "tcp://", "http://[::1"])
def test_an_address_where_nothing_is_or_can_be_is_told(address: str):
    with pytest.raises(EngineError):
        connect(address)


def test_a_context_that_does_not_exist_is_told():
    with pytest.raises(EngineError, match="no-such-context") as caught:
        connect(environment={"DOCKER_CONTEXT": "no-such-context"})
    assert "docker context ls" in caught.value.remedy


def test_no_permission_is_told_with_a_remedy():
    program = """
import os
from slim.engine.connect import connect
from slim.errors import EngineError
os.setgroups([]), os.setgid(65534), os.setuid(65534)  # only now: the interpreter may be root's own
try:
    connect(environment={"DOCKER_CONTEXT": "default"})
except EngineError as error:
    print(error.message, error.cause, error.remedy, sep="|")
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    message, cause, remedy = told.stdout.split("|")
    assert "no permission" in message
    assert cause == "Permission denied"
    assert "group docker" in remedy


@contextmanager
def answering(folder: Path, answer: bytes) -> Iterator[str]:
    """A socket that gives one and the same answer to everything; none at all when it is empty."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()

        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                if answer and connection.recv(65536):
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"unix://{folder}/s"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


def test_an_engine_that_does_not_answer_is_given_up(tmp_path: Path):
    with answering(tmp_path, b"") as address, pytest.raises(EngineError, match="does not answer") as caught:
        connect(address, patience=0.3)
    assert caught.value.remedy


def test_an_engine_that_is_too_old_is_told(tmp_path: Path):
    body = b'{"ApiVersion": "1.12"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    answer %= (len(body), body)
    with answering(tmp_path, answer) as address, pytest.raises(EngineError, match="too old") as caught:
        connect(address)
    assert "update" in caught.value.remedy


# Comparing with what the docker command makes


def inspected(container: str) -> dict[str, Any]:
    return dict(json.loads(docker("inspect", container).stdout)[0])


def created_by_docker(arguments: list[str], image: str, command: list[str]) -> dict[str, Any]:
    name = f"slim-test-{uuid.uuid4().hex[:8]}"
    docker("create", "--name", name, *arguments, image, *command)
    try:
        return inspected(name)
    finally:
        docker("rm", "-v", name)


def last_values(container: dict[str, Any]) -> dict[str, str]:
    return dict(sorted(item.partition("=")[::2] for item in container["Config"]["Env"]))


def comparable(container: dict[str, Any]) -> dict[str, Any]:
    """Without what must differ: names of anonymous things, labels, the client's window size."""
    config = dict(container["Config"])
    host = dict(container["HostConfig"])
    config.pop("Labels")
    host.pop("ConsoleSize", None)
    if config["Hostname"] == container["Id"][:12]:
        config["Hostname"] = "<id>"
    config["Env"] = last_values(container)
    if host.get("Binds"):
        host["Binds"] = sorted(host["Binds"])  # the client has them in a map without order
    mounts = sorted((m["Type"], m["Destination"], m["Mode"], m["RW"]) for m in container["Mounts"])
    host = {key: value or None for key, value in host.items()}
    networks = sorted(container["NetworkSettings"]["Networks"])
    started = [container["Path"], *container["Args"]]
    return {"Config": config, "HostConfig": host, "Mounts": mounts, "Started": started, "Networks": networks}


def assert_as_docker_makes_it(ours: Container, arguments: list[str], image: str, command: list[str]) -> None:
    assert isinstance(ours, DockerContainer)
    theirs = created_by_docker(arguments, image, command)
    assert comparable(inspected(ours.id)) == comparable(theirs)
