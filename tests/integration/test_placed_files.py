"""Real images keep the files that somebody copied into them, wherever these lie."""

from __future__ import annotations

import pytest
from images.started import docker

from probes.watch.trace import Access, Trace, Use
from slim.closure.solve import make_plan
from slim.engine.connect import connect
from slim.engine.read import read_image

pytestmark = pytest.mark.engine

TAG = "slim-test/placed:1"
FILES = {
    "Dockerfile": "ARG GROUND\nFROM ${GROUND}\nCOPY errors /var/www/errors\nCOPY x.txt /usr/share/altdata/\n"
    "COPY errors.conf /etc/nginx/conf.d/\nRUN useradd web && mkdir -p /opt/site && echo hi >/opt/site/late\n",
    "errors/e404.html": "gone",
    "x.txt": "x",
    "errors.conf": "error_page 404 /e404.html;\n",
}


@pytest.fixture
def image(fat_image, tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    ground = fat_image.of("nginx").reference
    docker("build", "--quiet", "--force-rm", "--tag", TAG, "--build-arg", f"GROUND={ground}", str(tmp_path))
    engine = connect()
    yield read_image(engine, TAG, tmp_path)
    engine.close()
    docker("image", "rm", TAG, check=False)


def test_a_web_servers_own_pages_stay_and_what_its_packages_generated_does_not(image):
    access = Access("/usr/sbin/nginx", Use.EXEC, "", "/usr/sbin/nginx", 1, "start", 0.0, 1)
    plan = make_plan(image.tree, image.config, Trace(image.id, True, accesses=(access,)))
    assert {"/var/www/errors/e404.html", "/usr/share/altdata/x.txt", "/etc/nginx/conf.d/errors.conf",
            "/opt/site/late"} <= set(plan.kept)  # fmt: skip
    assert {"/etc/passwd-", "/etc/.pwd.lock", "/var/cache/debconf/templates.dat"} <= set(plan.dropped)
    assert sum(image.tree[path].size for path in plan.kept) < 12_000_000
