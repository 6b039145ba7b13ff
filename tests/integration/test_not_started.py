"""What the engine itself needs of an image to start something in it: kept by every plan, and named where an
image of another make lacks it."""

import json
import secrets

import pytest
from busybox_image import busybox_image
from command_line import slim
from image_of_folder import build_image
from images.started import docker

pytestmark = pytest.mark.engine

NEEDED = ("/etc/passwd", "/etc/group", "/opt/site", "/opt/serve", "/opt/check", "/bin/busybox")
FILES = {
    "group": "users:x:100:\naudio:x:29:app\n",
    "index.html": "hello\n",
    "serve": "#!/bin/busybox sh\nexec /bin/busybox httpd -f -p 8000\n",
    "check": "#!/bin/busybox true\n",
}
DOCKERFILE = """
COPY group /etc/group
COPY index.html /opt/site/index.html
COPY serve check /opt/
RUN ["/bin/busybox", "chown", "-R", "app", "/opt/site"]
USER app:users
WORKDIR /opt/site
EXPOSE 8000
HEALTHCHECK CMD ["/opt/check"]
CMD ["/opt/serve"]
"""


@pytest.fixture
def names():
    """Names of images, which are gone in the end."""
    made = [f"slim-test/starting-{secrets.token_hex(4)}:{number}" for number in range(2)]
    yield made
    for name in made:
        docker("rmi", "--force", name, check=False)


def image(folder, name, base, recipe):
    folder.mkdir(exist_ok=True)
    for file, content in FILES.items():
        (folder / file).write_text(content)
        (folder / file).chmod(0o755)
    (folder / "Dockerfile").write_text(f"FROM {base}\n{recipe}")
    return build_image(name, folder)


@pytest.mark.parametrize("keep", ["traced", "closure"])
def test_every_plan_keeps_what_the_engine_needs(keep, names, tmp_path):
    fat, tag = names
    image(tmp_path / "fat", fat, busybox_image(), DOCKERFILE)
    done = slim("run", "--json", "--keep", keep, "--tag", tag, "--output", "out", fat, folder=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["repairs"], report["lookups"]) == (0, [], []), done.stdout
    kept = json.loads((tmp_path / "out" / "plan.json").read_text())["kept"]
    assert set(NEEDED) <= set(kept)


@pytest.mark.parametrize(
    ("missing", "user"),
    [
        ("/etc/passwd", "1000:users"),
        ("/etc/passwd", "app:100"),
        ("/etc/group", "1000"),
        ("/etc/group", "app:users"),
        ("/opt/serve", "app:users"),
        ("/opt/check", "app:users"),
    ],
)
def test_what_another_image_lacks_of_it_is_named(missing, user, names, tmp_path):
    fat, other = names
    image(tmp_path / "fat", fat, busybox_image(), DOCKERFILE)
    lines = f'USER root\nRUN ["/bin/busybox", "rm", "{missing}"]\nUSER {user}\n'
    image(tmp_path / "other", other, fat, lines)
    done = slim("verify", "--json", "--start-timeout", "3", fat, other, folder=tmp_path)
    assert [one["path"] for one in json.loads(done.stdout)["lookups"]] == [missing], done.stdout
    assert done.returncode == 1
