"""`slim verify FAT SLIM` on real pairs: what differs is found and named, what does not is let be."""

from __future__ import annotations

import io
import json
import re
import secrets
import signal
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest
from command_line import belongings, slim, started
from images.build import build, recipe
from images.started import Image, docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "verify.schema.json").read_text()
)
PAGE = ("--http-probe", "/", "--http-probe", "/page/x")
Make = Callable[..., str]


@pytest.fixture(scope="module")
def make(engine_answers: str) -> Iterator[Make]:
    """Makes an image of a recipe's, changed by a Dockerfile; all are gone in the end."""
    made: list[str] = []

    def image(base: str, *lines: str, stage: str = "") -> str:
        tag = f"slim-test-verify/{secrets.token_hex(4)}:1"
        from_line = f"FROM {build(base)}" + (f" AS fat\n{stage}" if stage else "")
        docker("build", "--quiet", "--tag", tag, "-", data="\n".join((from_line, *lines)).encode())
        made.append(tag)
        return tag

    yield image
    for tag in made:
        docker("image", "rm", "--force", tag)


def verify(*arguments: str, folder: Path) -> tuple[CompletedProcess[str], dict[str, Any]]:
    """What `slim verify --json` came to, and its report, which follows the schema."""
    done = slim("verify", "--json", *arguments, folder=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (report["exit_code"], report["agree"]) == (done.returncode, done.returncode == 0)
    assert done.stderr == ""
    return done, report


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


LOCKED = (
    r"RUN mkdir /srv/locked && printf '#!/bin/sh\n' >/srv/locked/run && chmod 755 /srv/locked/run "
    "&& chmod 700 /srv/locked",
)
"""What root alone may enter."""


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("cat /srv/locked/run", "/srv/locked/run"),
        ("test -e /srv/locked/run", "/srv/locked/run"),
        ("ls /srv/locked", "/srv/locked"),
        ("cd /srv/locked", "/srv/locked"),
        ("/srv/locked/run", "/srv/locked/run"),
        ("touch /srv/locked/new", "/srv/locked"),
    ],
)
def test_what_is_refused_in_the_second_image_alone_differs_though_no_probe_notices(
    command: str, refused: str, make: Make, tmp_path: Path
) -> None:
    fat = make("nginx", *LOCKED)
    other = make("nginx", *LOCKED, "USER nobody")
    quietly = ("--entrypoint", "/bin/sh", "--", "-c", f"{command} >/dev/null 2>&1; true")
    done, report = verify(fat, other, *quietly, folder=tmp_path)
    assert done.returncode == 1
    assert all(one["agrees"] for one in report["probes"])
    assert [(one["path"], one["error"]) for one in report["lookups"]] == [(refused, "EACCES")]
    meant, _ = verify(fat, other, "--exclude", "/srv/locked", *quietly, folder=tmp_path)
    assert meant.returncode == (1 if command.startswith(("touch", "/")) else 0), "a deed is a deed"


def test_what_both_images_refuse_is_no_difference(make: Make, tmp_path: Path) -> None:
    image = make("nginx", *LOCKED, "USER nobody")
    quietly = ("--entrypoint", "/bin/sh", "--", "-c", "cat /srv/locked/run 2>/dev/null; true")
    done, report = verify(image, image, *quietly, folder=tmp_path)
    assert (done.returncode, report["lookups"]) == (0, [])


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


ENTRY = """RUN printf '%b' '#!/bin/sh\\n{}exec "$@"\\n' >/entry.sh && chmod 755 /entry.sh"""
NGINX = ('ENTRYPOINT ["/entry.sh"]', 'CMD ["nginx", "-g", "daemon off;"]')


def deeds(report: dict[str, Any], where: str) -> set[tuple[str, str, str]]:
    found = [one for one in report[where] if one["aspect"] in ("process started", "file written")]
    return {(one["aspect"], one["fat"], one["slim"]) for one in found}


@pytest.mark.parametrize("same_name", [True, False])
def test_what_another_entrypoint_does_on_the_way_up_is_told(
    same_name: bool, make: Make, tmp_path: Path
) -> None:
    fat = make("nginx", ENTRY.format(r"id -u >/tmp/uid\nmkdir -p /tmp/made\n"), *NGINX)
    other = make("nginx", *((ENTRY.format(""), *NGINX) if same_name else ("LABEL made=by-hand",)))
    done, report = verify(fat, other, "--http-probe", "/", folder=tmp_path)
    assert done.returncode == 0, report["differences"]
    assert {
        ("process started", "/usr/bin/id", ""),
        ("process started", "/usr/bin/mkdir", ""),
        ("file written", "/tmp/uid", ""),
        ("file written", "/tmp/made", ""),
    } <= deeds(report, "noted")
    strict = slim(*("verify", fat, other, "--http-probe", "/", "--strict", "-o", "strict"), folder=tmp_path)
    assert strict.returncode == 1
    assert "differs: the run: process started: fat '/usr/bin/id', slim ''" in strict.stdout
    told = slim("verify", other, fat, "--http-probe", "/", "-o", "turned", folder=tmp_path)
    assert told.returncode == 0
    assert re.search(r"^told: process started, slim alone: .*/usr/bin/id, ", told.stdout, re.MULTILINE)


def test_a_program_that_the_same_script_starts_in_one_image_alone_differs(make: Make, tmp_path: Path) -> None:
    entry = (ENTRY.format(r". /etc/site.conf\n[ $sends = yes ] && id >/dev/null\n"), *NGINX)
    fat = make("nginx", "RUN echo sends=yes >/etc/site.conf", *entry)
    other = make("nginx", "RUN echo sends=no >/etc/site.conf", *entry)
    done, report = verify(fat, other, "--http-probe", "/", folder=tmp_path)
    assert done.returncode == 1
    assert deeds(report, "differences") == {("process started", "/usr/bin/id", "")}


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


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    done = slim("verify", "-q", build("oneshot"), build("oneshot"), folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
