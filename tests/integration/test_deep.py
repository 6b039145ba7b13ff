"""`slim run --verify deep` on real images: what no probe of the user's reaches is found and repaired."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import slim
from image_of_folder import build_image
from images.build import build
from images.started import Image, docker

pytestmark = pytest.mark.engine

SITE = """
import http.server, pathlib

PAGES = pathlib.Path("/srv/pages")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = PAGES / ("index.html" if self.path == "/" else "missing.html")
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.read_bytes())

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""
TOOL = """
import sys
if sys.argv[1:] == ["--help"]:
    import usage
    sys.exit(usage.TEXT)
if sys.argv[1:2] == ["count"]:
    sys.exit(print(12))
import complaints
sys.exit(complaints.of(sys.argv))
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    pages = tmp_path / "site" / "pages"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("<h1>Welcome</h1>")
    (pages / "missing.html").write_text("<h1>There is no such page</h1>")
    (tmp_path / "site" / "site.py").write_text(SITE)
    start = 'WORKDIR /\nHEALTHCHECK NONE\nCMD ["python3", "/srv/site.py"]\n'
    yield from _image(f"slim-test/deep-site:{os.getpid()}", tmp_path / "site", "COPY . /srv/\n" + start)


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "tool.py").write_text(TOOL)
    (folder / "usage.py").write_text("TEXT = 'usage: tool count'\n")
    (folder / "complaints.py").write_text("def of(words):\n    return f'not understood: {words[1:]}'\n")
    start = 'HEALTHCHECK NONE\nENTRYPOINT ["python3", "/opt/tool/tool.py"]\nCMD ["count"]\n'
    yield from _image(f"slim-test/deep-tool:{os.getpid()}", folder, "COPY . /opt/tool/\n" + start)


def _image(reference: str, folder: Path, lines: str) -> Iterator[str]:
    (folder / "Dockerfile").write_text(f"FROM {build('flask-debian')}\n{lines}")
    yield build_image(reference, folder)
    for tag in (reference, f"{reference}-slim"):
        docker("image", "rm", "--force", tag, check=False)


def run(image: str, folder: Path, *more: str) -> dict[str, Any]:
    done = slim("run", "--json", "--keep", "traced", *more, image, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verified"]
    return report


def added(report: dict[str, Any]) -> set[str]:
    return {one["path"] for round_ in report["repairs"] for one in round_["paths"]}


def test_a_page_that_only_an_unknown_path_opens_is_found_and_repaired(site: str, tmp_path: Path) -> None:
    plain = run(site, tmp_path, "--http-probe", "/")
    assert plain["repairs"] == []
    with Image(f"{site}-slim").start(8000) as broken:
        assert broken.get("/no").status != 404 or not broken.get("/no").body
    deep = run(site, tmp_path, "--http-probe", "/", "--verify", "deep")
    assert "/srv/pages/missing.html" in added(deep)
    with Image(f"{site}-slim").start(8000) as mended:
        assert mended.get("/no").body == b"<h1>There is no such page</h1>"


def test_what_a_tool_needs_to_explain_itself_is_found_and_repaired(tool: str, tmp_path: Path) -> None:
    assert run(tool, tmp_path)["repairs"] == []
    assert "No module named" in Image(f"{tool}-slim").run("--help").stderr
    deep = run(tool, tmp_path, "--verify", "deep")
    assert {"/opt/tool/usage.py", "/opt/tool/complaints.py"} <= added(deep)
    assert Image(f"{tool}-slim").run("--help").stderr == "usage: tool count\n"
    assert "not understood: ['--odd']" in Image(f"{tool}-slim").run("--odd").stderr


def test_nothing_is_repaired_where_nothing_is_wrong(site: str, tmp_path: Path) -> None:
    done = slim(
        *("run", "--json", "--verify", "deep", "--http-probe", "/", "--keep", "package", site),
        folder=tmp_path,
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["differences"], report["lookups"]) == (0, [], [])


def test_the_time_of_a_deep_check_without_one_is_told(tmp_path: Path) -> None:
    done = slim("run", "--deep-time", "5", "image", folder=tmp_path)
    assert done.returncode == 2
    assert "--deep-time goes with --verify deep alone" in done.stderr
