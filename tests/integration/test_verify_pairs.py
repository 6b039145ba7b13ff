"""`slim verify FAT SLIM` on real pairs: what differs is found and named, what does not is let be."""

from __future__ import annotations

import io
import json
import re
import secrets
import signal
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import belongings, slim, started
from images.build import build, recipe
from images.started import Image, docker
from pairs import Make, changed_images, verify

pytestmark = pytest.mark.engine

PAGE = ("--http-probe", "/", "--http-probe", "/page/x")


@pytest.fixture(scope="module")
def make(engine_answers: str) -> Iterator[Make]:
    with changed_images() as image:
        yield image


@pytest.mark.parametrize("name", ["django", "redis", "oneshot", "nginx"])
def test_an_image_agrees_with_itself(name: str, tmp_path: Path) -> None:
    image = build(name)
    before = Image(image).identity()
    _, report = verify(image, image, *recipe(name).probe_arguments, folder=tmp_path)
    assert (report["differences"], report["lookups"]) == ([], [])
    assert (report["config"], report["changed"]) == ([], [])
    assert report["agree"]
    assert Image(image).identity() == before


def test_the_same_files_under_another_name_agree_even_strictly(make: Make, tmp_path: Path) -> None:
    other = make("flask-debian", "LABEL made=by-hand")
    _, report = verify(build("flask-debian"), other, "--strict", *PAGE, folder=tmp_path)
    assert report["agree"]
    assert report["config"] == [{"field": "LABEL made", "fat": None, "slim": "by-hand", "behaviour": False}]


def test_a_template_that_is_gone_is_a_probe_that_differs_and_a_path_that_is_missed(
    make: Make, tmp_path: Path
) -> None:
    other = make("flask-debian", "USER root", "RUN rm /app/templates/macros.html", "USER app")
    done, report = verify(build("flask-debian"), other, *PAGE, folder=tmp_path)
    assert done.returncode == 1
    assert "GET /page/x" in {one["probe"] for one in report["differences"]}
    assert "GET /" not in {one["probe"] for one in report["differences"]}
    assert [one["path"] for one in report["lookups"]] == ["/app/templates/macros.html"]
    written = json.loads(next(tmp_path.glob("*.verify/report.json")).read_text())
    assert written["lookups"] == report["lookups"]
    transcript = json.loads(next(tmp_path.glob("*.verify/transcript.json")).read_text())
    assert [one["probe"] for one in transcript["runs"][0]["probes"]][:2] == ["GET /", "GET /page/x"]


def test_what_no_probe_noticed_is_missed_by_its_look_up(make: Make, tmp_path: Path) -> None:
    fat = make("nginx", "RUN echo x >/flag", 'ENTRYPOINT ["sh", "-c", "test -e /flag; echo started"]')
    other = make("nginx", 'ENTRYPOINT ["sh", "-c", "test -e /flag; echo started"]')
    done, report = verify(fat, other, folder=tmp_path)
    assert done.returncode == 1
    assert report["differences"] == []
    assert [one["path"] for one in report["lookups"]] == ["/flag"]


def test_what_is_missing_on_purpose_fails_nothing(make: Make, tmp_path: Path) -> None:
    fat = make("nginx", "RUN echo x >/flag", 'ENTRYPOINT ["sh", "-c", "test -e /flag; echo started"]')
    other = make("nginx", 'ENTRYPOINT ["sh", "-c", "test -e /flag; echo started"]')
    done, report = verify(fat, other, "--exclude", "/fl*", folder=tmp_path)
    assert done.returncode == 0
    assert [one["path"] for one in report["on_purpose"]] == ["/flag"]


def test_another_command_is_told_and_differs_where_it_does_something_else(make: Make, tmp_path: Path) -> None:
    other = make("oneshot", 'CMD ["top"]')
    done, report = verify(build("oneshot"), other, folder=tmp_path)
    assert done.returncode == 1
    assert report["config"] == [
        {"field": "CMD", "fat": '["count"]', "slim": '["top"]', "behaviour": True},
    ]
    assert report["differences"]


def test_another_command_that_does_the_same_is_told_and_agrees(make: Make, tmp_path: Path) -> None:
    fat = make("oneshot", 'ENTRYPOINT ["echo"]', 'CMD ["one", "two"]')
    other = make("oneshot", 'ENTRYPOINT ["echo", "one"]', 'CMD ["two"]')
    done, report = verify(fat, other, folder=tmp_path)
    assert done.returncode == 0
    assert [one["field"] for one in report["config"]] == ["CMD", "ENTRYPOINT"]
    strict, _ = verify(fat, other, "--strict", folder=tmp_path)
    assert strict.returncode == 1


def test_another_user_is_told_and_differs_where_a_probe_asks(make: Make, tmp_path: Path) -> None:
    other = make("flask-debian", "USER root")
    _, report = verify(build("flask-debian"), other, "--http-probe", "/", folder=tmp_path)
    assert {"field": "USER", "fat": "app", "slim": "root", "behaviour": True} in report["config"]
    asked = slim(
        *("verify", build("flask-debian"), other, "--http-probe", "/whoami", "-o", "asked"), folder=tmp_path
    )
    assert asked.returncode == 1
    assert "told: USER: fat 'app', slim 'root'" in asked.stdout
    assert "GET /whoami" in asked.stdout


def test_other_content_of_a_file_that_was_used_is_told(make: Make, tmp_path: Path) -> None:
    other = make("flask-debian", "USER root", "RUN echo '# more' >>/app/site_app.py", "USER app")
    done, report = verify(build("flask-debian"), other, "--http-probe", "/", folder=tmp_path)
    assert done.returncode == 0
    (changed,) = [one for one in report["changed"] if one["path"] == "/app/site_app.py"]
    assert [change["aspect"] for change in changed["changes"]] == ["content"]
    assert changed["executable"] != ""


def test_other_content_that_answers_otherwise_differs(make: Make, tmp_path: Path) -> None:
    other = make(
        "flask-debian", "USER root", "RUN sed -i 's/items/things/' /app/templates/page.html", "USER app"
    )
    done, report = verify(build("flask-debian"), other, *PAGE, folder=tmp_path)
    assert done.returncode == 1
    assert {one["probe"] for one in report["differences"]} == {"GET /page/x"}
    assert "/app/templates/page.html" in {one["path"] for one in report["changed"]}


def test_an_application_that_does_not_start_for_a_library_that_is_gone_differs(
    make: Make, tmp_path: Path
) -> None:
    other = make("nginx", "RUN rm /usr/lib/*/libpcre2-8.so*")
    done = slim("verify", build("nginx"), other, "--http-probe", "/", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "does not start" in done.stdout
    assert "DIFFER" in done.stdout
    assert "  next: SLIM lacks " in done.stdout


STRIPPED = (
    "RUN mkdir -p /out/usr/local/bin /out/lib /out/lib64 && cp /usr/local/bin/hello /out/usr/local/bin/ "
    "&& cp /lib/*/libc.so.6 /out/lib/ && for loader in /lib*/ld-linux-*.so.*; do cp $loader /out$loader; done"
)


def test_a_stripped_image_by_hand_fails_for_what_was_forgotten(make: Make, tmp_path: Path) -> None:
    other = make(
        "c-hello", "FROM scratch", "COPY --from=fat /out /", 'ENTRYPOINT ["/usr/local/bin/hello"]',
        stage=STRIPPED,
    )  # fmt: skip
    done, report = verify(build("c-hello"), other, folder=tmp_path)
    assert done.returncode == 1
    assert "/etc/hello/hello.conf" in {one["path"] for one in report["lookups"]}
    assert "ENV LANG" in {one["field"] for one in report["config"]}


def test_a_static_program_alone_agrees_with_its_whole_image(make: Make, tmp_path: Path) -> None:
    program = (
        r"""RUN printf '#include <stdio.h>\nint main(void) { puts("42"); return 0; }' >/answer.c """
        "&& gcc -static -o /answer /answer.c"
    )
    fat = make("c-hello", program, 'ENTRYPOINT ["/answer"]')
    other = make(
        "c-hello", "FROM scratch", "COPY --from=fat /answer /", 'ENTRYPOINT ["/answer"]', stage=program
    )
    done, report = verify(fat, other, folder=tmp_path)
    assert done.returncode == 0
    assert report["slim"]["files"] < 5 < report["fat"]["files"]
    assert report["runs"][0]["verified"]


DISTROLESS = (
    "USER root\n"
    "RUN mkdir -p /out/var/lib/redis /out/tmp && cd / && tar -c usr/bin/redis-server usr/bin/redis-cli "
    "usr/bin/redis-check-rdb etc/redis/redis.conf etc/passwd etc/group | tar -x -C /out && ldd "
    "/usr/bin/redis-server /usr/bin/redis-cli | grep -o '/[^ :]*' | sort -u | xargs tar -chP | "
    "tar -x -C /out && chown redis:redis /out/var/lib/redis && chmod 1777 /out/tmp"
)


def test_an_image_of_several_stages_agrees_but_for_what_it_does_without(make: Make, tmp_path: Path) -> None:
    other = make(
        "redis",
        "FROM scratch",
        "COPY --from=fat /out /",
        "USER redis",
        "WORKDIR /var/lib/redis",
        "VOLUME /var/lib/redis",
        "EXPOSE 6379",
        'HEALTHCHECK --interval=1h CMD ["redis-cli", "ping"]',
        'ENTRYPOINT ["redis-server", "/etc/redis/redis.conf"]',
        stage=DISTROLESS,
    )
    probes = ("--exec-probe", "redis-cli set a b", "--exec-probe", "redis-cli get a")
    _, report = verify(build("redis"), other, *probes, folder=tmp_path)
    assert report["differences"] == []
    assert {one["path"] for one in report["lookups"]} <= {"/etc/ld.so.cache", "/etc/localtime"}
    assert [one["probe"] for one in report["probes"]][-1] == "healthcheck"  # each image's own
    assert "HEALTHCHECK Test" in {one["field"] for one in report["config"]}
    without = ("--exclude", "/etc/ld.so.cache", "--exclude", "/etc/localtime")
    done, _ = verify(build("redis"), other, *probes, *without, folder=tmp_path)
    assert done.returncode == 0


@pytest.mark.parametrize("same", [True, False])
def test_an_image_is_compared_as_a_service_of_compose(same: bool, make: Make, tmp_path: Path) -> None:
    fat = build("flask-debian")
    changed = ("USER root", "RUN sed -i s/fat/slim/ /app/data/settings.json", "USER app")
    other = make("flask-debian", *(("LABEL a=b",) if same else changed))
    beside = {"image": build("redis"), "user": "redis"}
    services = {"web": {"image": fat, "depends_on": ["cache"]}, "cache": beside}
    (tmp_path / "compose.json").write_text(json.dumps({"services": services}))
    done, report = verify(
        *(fat, other, "--compose", "compose.json", "--service", "web", "--http-probe", "/"), folder=tmp_path
    )
    assert done.returncode == (0 if same else 1)
    assert {one["probe"] for one in report["differences"]} == (set() if same else {"GET /"})


def test_a_fat_image_that_fails_is_named(make: Make, tmp_path: Path) -> None:
    broken = make("nginx", "RUN rm /usr/lib/*/libpcre2-8.so*")
    done = slim("verify", broken, build("nginx"), "--http-probe", "/", folder=tmp_path)
    assert done.returncode == 6
    assert broken in done.stderr


@pytest.mark.parametrize(
    ("fat", "other", "code", "told"),
    [
        ("Wrong Name", "busybox", 2, "not a legal image name"),
        ("busybox", "Wrong Name", 2, "not a legal image name"),
        ("slim-test-verify/none:1", "slim-test-verify/none:2", 5, "slim-test-verify/none:1"),
    ],
)
def test_names_of_no_image_are_told(fat: str, other: str, code: int, told: str, tmp_path: Path) -> None:
    done = slim("verify", fat, other, folder=tmp_path)
    assert done.returncode == code
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_second_image_that_is_missing_is_told_before_anything_runs(tmp_path: Path) -> None:
    done = slim("verify", build("nginx"), "slim-test-verify/none:2", folder=tmp_path)
    assert done.returncode == 5
    assert "slim-test-verify/none:2" in done.stderr
    assert "run " not in done.stdout


def test_images_of_different_platforms_are_not_compared(tmp_path: Path) -> None:
    name = f"slim-test-verify/{secrets.token_hex(4)}:alien"
    _load(name, {"architecture": "s390x", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
    try:
        done = slim("verify", build("nginx"), name, folder=tmp_path)
    finally:
        docker("image", "rm", name)
    assert done.returncode == 5
    assert "different platforms" in done.stderr
    assert "run " not in done.stdout


def _load(name: str, config: dict[str, Any]) -> None:
    """An image of nothing but its configuration."""
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": []}]
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for file, content in (("config.json", config), ("manifest.json", manifest)):
            text = json.dumps(content).encode()
            member = tarfile.TarInfo(file)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    docker("load", data=data.getvalue())


def test_several_runs_are_compared_one_by_one(make: Make, tmp_path: Path) -> None:
    other = make("oneshot", "RUN sed -i 's/sleeps/slept/' /usr/local/share/textkit/sample.txt")
    done, report = verify(
        *(build("oneshot"), other, "--run", "match: match sleeps", "--run", "count: count", "--no-main"),
        folder=tmp_path,
    )
    assert done.returncode == 1
    assert {one["name"]: one["verified"] for one in report["runs"]} == {"match": False, "count": True}


def test_an_interrupted_comparison_leaves_nothing_behind(tmp_path: Path) -> None:
    image = build("nginx")
    for seconds in (0.6, 1.2, 1.8):
        with started("verify", image, image, "--exec-probe", "sleep 1", folder=tmp_path) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert belongings(process.pid) == ()
        assert list(tmp_path.iterdir()) == []


def test_quiet_prints_nothing_but_why_images_differ(make: Make, tmp_path: Path) -> None:
    fat = build("oneshot")
    done = slim("verify", "-q", fat, fat, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = slim("verify", "-q", fat, make("oneshot", 'CMD ["top"]'), "-o", "other", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"not verified: \d+ differences?; the first: run to its end: .*; see other/report.json\n", done.stderr
    )


def test_quiet_tells_why_nothing_was_tagged(tmp_path: Path) -> None:
    fat, asked = build("express"), ("--http-probe", "/", "--min-coverage", "100")
    done = slim("run", "-q", "-t", "slim-test-quiet:1", *asked, fat, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"not verified: too little was exercised: .*; see .*/report.json\n", done.stderr)
