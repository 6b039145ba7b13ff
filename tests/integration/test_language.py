"""Branches that no probe took work on the slim image: what they import, and what su needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import slim
from image_of_folder import build_image
from images.started import docker

pytestmark = pytest.mark.engine

SITE = "/usr/local/lib/python3.11/dist-packages"
START = """\
#!/bin/sh
case "${1:-none}" in
none) python3 main.py none && perl main.pl none ;;
python) exec python3 main.py "$2" ;;
perl) exec perl main.pl "$2" ;;
su) exec su www-data -s /bin/sh -c 'read -r line < /etc/os-release; echo "as somebody: $line"' ;;
esac
"""
PYTHON = """\
import sys

def main(what):
    if what == "package":
        import lazily
        print(lazily.words())
    elif what == "curses":
        import curses
        print(curses.ERR)
    elif what == "database":
        import shelve
        with shelve.open("/tmp/shelf") as shelf:
            shelf["a"] = 1
        print(__import__("dbm").whichdb("/tmp/shelf"))
    else:
        print("python")

main(sys.argv[1])
"""
PERL = """\
my $what = shift;
if ($what eq 'modules') {
    require POSIX; require Encode; require Data::Dumper; require List::Util;
    print POSIX::floor(1.5), List::Util::sum(1, 2), "\\x{3b1}" =~ /\\p{Greek}/ ? " greek" : " no", "\\n";
} else { print "perl\\n" }
"""
PROJECT = {
    "lazily/__init__.py": "def words():\n    import required\n    return required.__file__\n",
    "lazily-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: lazily\nRequires-Dist: required\n\n",
    "lazily-1.0.dist-info/RECORD": "lazily/__init__.py,,\nlazily-1.0.dist-info/METADATA,,\n",
    "required.py": "",
    "required-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: required\n\n",
    "required-1.0.dist-info/RECORD": "required.py,,\nrequired-1.0.dist-info/METADATA,,\n",
}


@pytest.fixture(scope="module")
def images(fat_image, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The fat image, and the slim one that was made by starting the fat one without arguments."""
    folder = tmp_path_factory.mktemp("lang")
    for name, text in {
        "app/start": START,
        "app/main.py": PYTHON,
        "app/main.pl": PERL,
        **{f"site/{name}": text for name, text in PROJECT.items()},
        "Dockerfile": (
            f"FROM {fat_image.of('flask-debian').reference}\nUSER root\nCOPY site {SITE}\n"
            "COPY app /srv/lang\nWORKDIR /srv/lang\nHEALTHCHECK NONE\n"
            'ENTRYPOINT ["/srv/lang/start"]\nCMD []\n'
        ),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "app/start").chmod(0o755)
    fat, small = "slim-test/lang:1", "slim-test/lang:slim"
    build_image(fat, folder)
    done = slim("run", "--quiet", "--tag", small, fat, folder=Path(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    yield fat, small
    docker("rmi", fat, small, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("python", "package"),
        ("python", "curses"),
        ("python", "database"),
        ("perl", "modules"),
        ("su",),
    ],
    ids=" ".join,
)
def test_a_branch_that_never_ran_works_as_in_the_fat_image(images, arguments):
    fat, small = (docker("run", "--rm", "--network", "none", image, *arguments) for image in images)
    assert fat.stdout
    assert (small.exit_code, small.stdout, small.stderr) == (0, fat.stdout, fat.stderr)
