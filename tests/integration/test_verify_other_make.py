"""`slim verify` on images of different make: other programs, other rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import slim
from pairs import Make, changed_images, verify

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def make(engine_answers: str) -> Iterator[Make]:
    with changed_images() as image:
        yield image


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


def test_a_folder_that_the_second_image_makes_for_itself_is_told(make: Make, tmp_path: Path) -> None:
    fat, other = make("nginx", "RUN nginx -t"), make("nginx")
    done, report = verify(fat, other, "--http-probe", "/", folder=tmp_path)
    made = {one["path"]: (one["error"], one["purpose"]) for one in report["on_purpose"]}
    assert (done.returncode, report["lookups"], report["differences"]) == (0, [], [])
    assert made["/var/lib/nginx/body"] == ("EEXIST", "made where it is missing")
    assert ("file written", "", "/var/lib/nginx/body") in deeds(report, "noted")
    strict = slim(*("verify", fat, other, "--http-probe", "/", "--strict", "-o", "strict"), folder=tmp_path)
    assert strict.returncode == 1
    told = slim("verify", fat, other, "--http-probe", "/", "-o", "told", folder=tmp_path)
    assert "told: missing, and the application makes it itself: /var/lib/nginx/body, " in told.stdout
    assert "noted: the run" not in told.stdout


def test_what_was_in_such_a_folder_is_missing(make: Make, tmp_path: Path) -> None:
    fat = make("nginx", "RUN mkdir /srv/made && echo of=fat >/srv/made/conf")
    anew = "mkdir -p /srv/made && { [ -e /srv/made/conf ] || echo of=slim >/srv/made/conf; }"
    quietly = ("--entrypoint", "/bin/sh", "--", "-c", anew)
    done, report = verify(fat, make("nginx"), *quietly, folder=tmp_path)
    assert done.returncode == 1
    assert [(one["path"], one["error"]) for one in report["lookups"]] == [("/srv/made/conf", "ENOENT")]
    assert [one["path"] for one in report["on_purpose"]] == ["/srv/made"]
    assert ("file written", "", "/srv/made/conf") in deeds(report, "differences")
