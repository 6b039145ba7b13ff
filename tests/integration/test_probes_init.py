"""`slim probes init` on real images: what it writes is right, passes on that image, and nothing stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from busybox_image import busybox_image
from command_line import belongings, slim
from images.build import build

pytestmark = pytest.mark.engine


def written(image: str, folder: Path) -> dict:
    """The file that init writes, which passes `slim probes check`."""
    done = slim("probes", "init", image, "-o", "a.yaml", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote a.yaml; try: slim run {image} --probes a.yaml\n"
    assert slim("probes", "check", "a.yaml", folder=folder).returncode == 0
    return yaml.safe_load((folder / "a.yaml").read_text())


def traced(image: str, *options: str, folder: Path) -> None:
    done = slim("trace", image, "--probes", "a.yaml", *options, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_site_with_links(tmp_path):
    image = build("django")
    file = written(image, folder=tmp_path)
    assert file["port"] == 8000
    paths = [step["http"] for step in file["steps"]]
    assert paths[0] == "/"
    assert "/products/" in paths
    assert any(path.startswith("/static/") for path in paths)
    assert all(step["expect"] == {"status": 200} for step in file["steps"])
    traced(image, folder=tmp_path)


def test_a_service_with_an_openapi_document(tmp_path):
    image = build("fastapi")
    file = written(image, folder=tmp_path)
    assert file["steps"] == [{"http": "/", "expect": {"status": 404}}, {"http": "/openapi.json"}]
    assert "--openapi /openapi.json" in (tmp_path / "a.yaml").read_text()
    traced(image, folder=tmp_path)


def test_a_server_without_http(tmp_path):
    image = build("redis")
    file = written(image, folder=tmp_path)
    assert file["steps"] == [{"tcp": 6379}]
    text = (tmp_path / "a.yaml").read_text()
    assert '# - exec: "redis-cli ping"' in text
    assert "# Its HEALTHCHECK is run as a probe anyway: /bin/sh -c redis-cli ping | grep -q PONG" in text
    traced(image, folder=tmp_path)


def test_a_program_that_ends(tmp_path):
    image = build("oneshot")
    file = written(image, folder=tmp_path)
    assert file["runs"] == [{"name": "help", "command": ["--help"], "exit_code": 64}]
    traced(image, folder=tmp_path)


def test_a_program_that_ends_badly_and_options_of_docker_run(engine_answers, tmp_path):
    image = busybox_image()
    options = ("-e", "CODE=7", "--", "sh", "-c", "exit $CODE")
    done = slim("probes", "init", "-o", "a.yaml", *options[:2], image, *options[2:], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load((tmp_path / "a.yaml").read_text())["exit_code"] == 7
    traced(image, *options, folder=tmp_path)


def test_a_worker_and_standard_output(engine_answers, tmp_path):
    done = slim("probes", "init", busybox_image(), "--", "sleep", "1000", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == {"idle": True}
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_start_is_an_error_with_its_last_words(tmp_path):
    image = build("redis")
    done = slim("probes", "init", image, "-o", "a.yaml", "--", "--port", "nonsense", folder=tmp_path)
    assert done.returncode == 6
    assert "nonsense" in done.stderr
    assert not (tmp_path / "a.yaml").exists()


def test_no_image_writes_nothing(engine_answers, tmp_path):
    done = slim("probes", "init", "slim-test/no-such-image", "-o", "a.yaml", folder=tmp_path)
    assert done.returncode == 5
    assert not (tmp_path / "a.yaml").exists()


def test_force_writes_over_and_nothing_stays_in_the_engine(engine_answers, tmp_path):
    (tmp_path / "a.yaml").write_text("mine")
    command = (sys.executable, "-m", "slim", "probes", "init", busybox_image(), "-o", "a.yaml", "--force")
    with subprocess.Popen((*command, "--", "sh", "-c", "exit 0"), cwd=tmp_path) as process:
        assert process.wait() == 0
    assert (tmp_path / "a.yaml").read_text().startswith("# Probes for ")
    assert belongings(process.pid) == ()
