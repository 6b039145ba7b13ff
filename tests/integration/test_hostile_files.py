"""Files that are not what their names say: `slim run` ends well, in time, and names what it cannot read."""

from __future__ import annotations

import hashlib
import json
import resource
import time
from pathlib import Path

import hostile_files
import pytest
from command_line import slim
from image_of_folder import build_image
from images.build import build
from images.started import Image, docker

pytestmark = pytest.mark.engine

TAG = "slim-result/hostile:test"
START = """#!/bin/sh
python3 -c 'print("python")'
node -e 'console.log("node")'
ruby -e 'puts "ruby"'
php -r 'echo "php\\n";'
perl -e 'print "perl\\n"'
"""
DOCKERFILE = """\
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends python3 nodejs ruby php-cli
COPY root /
RUN printf 'Package: liar\\nStatus: install ok installed\\n\\n\\377\\n\\n: :\\n' >> /var/lib/dpkg/status
WORKDIR /srv/app
CMD ["/srv/app/start"]
"""

UNREADABLE = (
    *(f"picture.{suffix}" for suffix in ("py", "js", "rb", "php", "pl")),
    *("elf-5.so", "elf-64.so", "archive-3.egg", "future.py", "line.py", "million.py", "zeros.py"),
    *("package.json", "deep/package.json", "deep.nft.json"),
)
"""Some that must each have a line."""


@pytest.fixture(scope="module")
def hostile_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image; built when this version of it is not there."""
    made_by = Path(hostile_files.__file__).read_bytes() + START.encode() + DOCKERFILE.encode()
    base = build("base")
    reference = f"slim-test/hostile:{hashlib.sha256(made_by + base.encode()).hexdigest()[:12]}"
    if docker("image", "inspect", reference, check=False).exit_code != 0:
        context = tmp_path_factory.mktemp("hostile")
        hostile_files.write(context / "root")
        start = context / "root/srv/app/start"
        start.write_text(START)
        start.chmod(0o755)
        (context / "Dockerfile").write_text(DOCKERFILE)
        build_image(reference, context, "--build-arg", f"BASE={base}")
    return reference


def test_an_application_of_hostile_files(hostile_image: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    done = slim("run", "--json", "--no-cache", "--tag", TAG, hostile_image, folder=tmp_path)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    unreadable = {one["source"] for one in report["plan"]["unresolved"] if one["gap"] == "unreadable"}
    assert [name for name in UNREADABLE if f"/srv/app/{name}" not in unreadable] == []
    assert Image(TAG).run().stdout == "python\nnode\nruby\nphp\nperl\n"
    assert seconds < 90
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20  # KiB
