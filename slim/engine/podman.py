"""Podman's API service, started for one run on a private socket where no daemon answers."""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from slim.errors import EngineError

_PR_SET_PDEATHSIG = 1
"""<linux/prctl.h>; prctl(2)."""
_PATIENCE = 30.0
"""Seconds for the service to listen."""


@dataclass(frozen=True)
class PodmanService:
    """A running service; `stop` it."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def address(self) -> str:
        return f"unix://{self.folder}/podman.sock"

    def stop(self) -> None:
        """End the service and remove its socket."""
        self.process.terminate()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_service() -> PodmanService:
    """Start `podman system service` and wait until it listens. Raises EngineError.

    With runc where it is installed: crun refuses hybrid cgroups. The service ends with this process,
    however that ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="slim-podman-"))
    runtime = ["--runtime", "runc"] if shutil.which("runc") else []
    command = ["podman", *runtime, "system", "service", "--time=0", f"unix://{folder}/podman.sock"]
    libc = ctypes.CDLL(None, use_errno=True)

    def end_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for slim, which still needs the service to clean up
        preexec_fn=end_with_parent,
    )
    service = PodmanService(process, folder)
    try:
        _wait_until_listening(service)
    except BaseException:
        service.stop()
        raise
    return service


def _wait_until_listening(service: PodmanService) -> None:
    deadline = time.monotonic() + _PATIENCE
    never = threading.Event()
    while True:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            if connection.connect_ex(f"{service.folder}/podman.sock") == 0:
                return
        if service.process.poll() is not None:
            stderr = service.process.stderr
            words = stderr.read().decode(errors="replace").strip() if stderr is not None else ""
            raise EngineError("podman's API service ended at once", cause=words, remedy="check podman info")
        if time.monotonic() > deadline:
            raise EngineError("podman's API service does not listen", remedy="check podman info")
        never.wait(0.05)  # nothing tells when the socket appears but trying it
