"""A small real image for tests of the engine: Debian's static busybox on an empty root."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from image_of_folder import build_image
from images.started import docker

REFERENCE = "slim-test/busybox:1"
_DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
COPY busybox /bin/sleep
COPY busybox /bin/cat
COPY busybox /bin/env
COPY passwd /etc/passwd
ENV PATH=/bin FROM_IMAGE=image
VOLUME /declared
CMD ["/bin/sh", "-c", "echo to stdout; echo to stderr >&2"]
"""


def busybox_image() -> str:
    """Its reference; built when it is not there."""
    if docker("image", "inspect", REFERENCE, check=False).exit_code == 0:
        return REFERENCE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # apt's own user must be able to write there
        folder.chmod(0o777)
        subprocess.run(["apt-get", "download", "-qq", "busybox-static"], cwd=folder, check=True)
        (package,) = folder.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root")], check=True)
        (folder / "root/bin/busybox").rename(folder / "busybox")
        (folder / "passwd").write_text("root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n")
        (folder / "Dockerfile").write_text(_DOCKERFILE)
        return build_image(REFERENCE, folder)
