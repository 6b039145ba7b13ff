"""--keep-package: any ecosystem, wildcards, and near names where there is none."""

import pytest
from small_image import SmallImage

from slim.closure.profile.load import parse_profile
from slim.errors import UsageError

SITE = "/usr/local/lib/python3.12/site-packages"


@pytest.fixture
def image(tmp_path):
    image = SmallImage(tmp_path).program("/usr/bin/curl", "#!/usr/bin/shell\n").program("/usr/bin/shell", "")
    image.file("/usr/share/doc/curl/README").file("/usr/bin/other")
    image.packages(curl=["/usr/bin/curl", "/usr/share/doc/curl/README"], other=["/usr/bin/other"])
    image.file("/var/lib/dpkg/info/x").file(f"{SITE}/zope/a.py").file(f"{SITE}/data.txt")
    image.file(f"{SITE}/Zope_Interface-5.dist-info/RECORD", "zope/a.py,,\ndata.txt,,\n")
    image.file("/app/node_modules/@s/lib/package.json", '{"name": "@s/lib"}').file(
        "/app/node_modules/@s/lib/x"
    )
    return image.file("/start").used("/start")


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("curl", ["/usr/bin/curl", "/usr/bin/shell", "/usr/share/doc/curl/README"]),
        ("dpkg:cur?", ["/usr/bin/curl"]),
        ("zope.interface", [f"{SITE}/zope/a.py", f"{SITE}/data.txt"]),
        ("pypi:zope-*", [f"{SITE}/data.txt"]),
        ("npm:@s/*", ["/app/node_modules/@s/lib/x"]),
        ("*", ["/usr/bin/other", f"{SITE}/data.txt", "/app/node_modules/@s/lib/x"]),
    ],
)
def test_the_package_is_kept_whole_with_what_it_needs(image, wanted, kept):
    before = image.plan()
    plan = image.plan(packages=(wanted,))
    assert set(kept) <= set(plan.kept)
    assert set(kept) <= set(before.dropped)
    assert plan.kept[kept[0]][0].detail.startswith(f"--keep-package {wanted}: ")


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("crul", "dpkg:curl"), ("python:curl", "wildcards"), ("zope-interfac", "python:Zope_Interface")],
)
def test_a_name_that_matches_nothing_is_an_error_with_near_ones(image, wanted, near):
    with pytest.raises(UsageError) as caught:
        image.plan(packages=(wanted,))
    assert wanted in caught.value.message
    assert near in caught.value.remedy


def test_a_profile_can_be_left_out(image):
    text = "name = 'x'\nsummary = 'y'\n[[keep]]\npaths = '/usr/bin/other'\nreason = 'z'\n"
    profile = parse_profile(text, "my.toml")
    assert "/usr/bin/other" in image.plan(profiles=(profile,)).kept
    assert "/usr/bin/other" in image.plan(profiles=(profile,), without_profiles=frozenset({"x"})).dropped
