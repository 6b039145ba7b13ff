"""Every kept path tells why, and what could not be followed tells why not."""

from small_image import SmallImage, library

from slim.closure.profile.load import parse_profile
from slim.plan import Gap

STATED = ("observed", "application", "entrypoint", "command", "healthcheck", "config", "include", "named")
"""Rules that may begin a chain; profiles too, and what the image's Env names."""


def roots(plan):
    """Kept path → the rule that the chain of its first reasons ends in. Raises for one without an end."""
    found = {}
    for path in plan.kept:
        seen, here = [], path
        while plan.kept[here][0].source is not None:
            assert here not in seen, f"a circle: {seen}"
            seen.append(here)
            here = plan.kept[here][0].source
            assert here in plan.kept, f"{seen[-1]} is kept for {here}, which is not"
        found[path] = plan.kept[here][0].rule
    return found


def image_of(tmp_path):
    """Python, scripts, libraries, links, a Node package, an application that names them."""
    image = SmallImage(tmp_path).program("/usr/bin/python3.11", "").link("/usr/bin/python3", "python3.11")
    home, site = "/usr/lib/python3.11", "/usr/lib/python3/dist-packages"
    for module in ("os", "json/__init__", "json/decoder", "logging/__init__"):
        image.file(f"{home}/{module}.py", "import json.decoder\nimport logging\n")
    image.file(f"{site}/lib/__init__.py", "from lib import a\n").file(f"{site}/lib/a.py", "import lib.b\n")
    image.file(f"{site}/lib/b.py", "import lib.a\n").file(f"{site}/lib-1.dist-info/RECORD", "lib/a.py,,\n")
    library(image.host("/usr/lib/libone.so.1"), "libone.so.1")
    image.program("/entry.sh", "#!/bin/sh\nexec python3 /app/main.py\n").program("/bin/sh", "")
    image.file("/app/main.py", "import lib, json\nopen('/etc/app.conf')\n").file("/etc/app.conf")
    image.link("/app/link", "/usr/lib/libone.so.1").file("/etc/passwd").folder_at("/tmp")
    image.packages(tool=["/bin/sh"]).starts("/entry.sh", WorkingDir="/app")
    image.executed("/entry.sh").executed("/usr/bin/python3").used(f"{home}/os.py").used("/app/main.py")
    return image


def test_every_chain_ends_in_an_observation_or_a_stated_rule(tmp_path):
    image = image_of(tmp_path)
    for mode in ("traced", "closure", "package"):
        found = roots(image.plan(keep=mode))
        assert len(found) > 10
        wrong = {
            path: rule
            for path, rule in found.items()
            if rule not in STATED and not rule.startswith("profile:") and path != "/"
        }
        assert wrong == {}


def test_what_a_kept_file_needs_and_exclude_drops_is_told_once_for_each_path(tmp_path):
    image = SmallImage(tmp_path).program("/entry.sh", "#!/bin/dash\ngzip /x\n/bin/tool\n")
    for program in ("dash", "gzip", "tool"):
        image.program(f"/bin/{program}", "")
    plan = image.executed("/entry.sh").plan(exclude=("/bin/gzip", "/bin/dash", "/bin/none"))
    withheld = {(one.source, one.wanted) for one in plan.unresolved if one.gap is Gap.WITHHELD}
    assert withheld == {("/entry.sh", "/bin/dash"), ("/entry.sh", "/bin/gzip")}
    assert all(one.detail.startswith("--exclude: ") for one in plan.unresolved if one.gap is Gap.WITHHELD)


def test_what_only_belongs_to_a_whole_is_excluded_in_silence(tmp_path):
    image = SmallImage(tmp_path).file("/app/main").file("/app/data/big").used("/app/main")
    image.file("/srv/x").file("/srv/y")
    text = "name = 'x'\nsummary = 'y'\n[[keep]]\npaths = '/srv/*'\nreason = 'z'\n"
    profile = parse_profile(text, "my.toml")
    plan = image.plan(exclude=("/app/data", "/srv/x"), profiles=(profile,))
    assert {"/app/data/big", "/srv/x"} <= set(plan.dropped)
    assert plan.unresolved == ()
