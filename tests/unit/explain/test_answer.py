"""What each argument of `slim explain` comes to, on small real plans."""

import pytest
from explained import saved
from small_image import SmallImage

from probes.watch.trace import Use
from slim.errors import UsageError
from slim.explain.answer import FEW, answer
from slim.explain.model import Decision

PYTHON = "/usr/lib/python3/dist-packages"


@pytest.fixture
def image(tmp_path):
    made = SmallImage(tmp_path / "image")
    made.program("/usr/bin/run", "#!/bin/sh\ncat /etc/run.conf\n").program("/usr/bin/sh", "x")
    made.program("/usr/bin/cat", "cat").file("/etc/run.conf", "text").link("/bin", "usr/bin")
    made.program("/usr/bin/other", "other").file("/usr/share/doc/tools/README", "read me")
    made.packages(tools=["/usr/bin/cat", "/usr/bin/other", "/usr/share/doc/tools/README"])
    made.starts("/usr/bin/run").executed("/usr/bin/run").used("/usr/bin/sh", executable="/usr/bin/run")
    return made


def words(explanation):
    return [" ".join(one.words) for one in explanation.remedies]


def test_a_kept_path_has_its_chain_and_who_used_it(image):
    (one,) = answer("/usr/bin/cat", saved(image)).explained
    assert one.decision is Decision.KEPT
    assert [(step.path, step.rule) for step in one.chain] == [
        ("/usr/bin/run", "observed"),
        ("/usr/bin/cat", "script"),
    ]
    assert [(seen.use, seen.probe) for seen in one.sightings] == [("exec", "GET /")]
    assert one.package == "dpkg:tools"


def test_a_program_that_executed_itself_as_it_seems_is_told_where_nothing_better_is_known(image):
    for executable in ("/usr/bin/cat", "", "/usr/bin/run"):
        image.used("/usr/bin/cat", Use.EXEC, executable=executable)
    (one,) = answer("/usr/bin/cat", saved(image)).explained
    assert one.chain[0].detail == "executed by /usr/bin/run under GET /"
    assert [(seen.use, seen.program) for seen in one.sightings] == [("exec", "/usr/bin/run")]


def test_a_dropped_path_has_what_would_keep_it_and_that_does(image):
    (one,) = answer("/usr/bin/other", saved(image)).explained
    assert (one.decision, one.reason) == (
        Decision.DROPPED,
        "package tools: not accessed, and nothing kept needs it",
    )
    assert words(one) == [
        "--exec-probe /usr/bin/other --version",
        "--keep-package dpkg:tools",
        "--include /usr/bin/other",
    ]
    assert "/usr/bin/other" in image.plan(packages=("dpkg:tools",)).kept
    assert "/usr/bin/other" in image.plan(include=("/usr/bin/other",)).kept


def test_keep_package_is_a_remedy_where_a_file_of_the_package_was_observed(image):
    path = "/usr/share/doc/tools/README"
    assert path not in image.plan(keep="package").kept  # what a script names is needed, and was not used
    (one,) = answer(path, saved(image, keep="package")).explained
    assert "--keep package" not in words(one)
    image.used("/usr/bin/cat")
    (one,) = answer(path, saved(image)).explained
    assert "--keep package" in words(one)
    assert path in image.plan(keep="package").kept
    (one,) = answer(path, saved(image, keep="package", exclude=(path,))).explained
    assert "--keep package" not in words(one)


def test_the_first_slash_may_be_missing_and_links_on_the_way_are_told(image):
    found = answer("bin/cat", saved(image))
    assert (found.links, found.explained[0].path) == (("/bin",), "/usr/bin/cat")


def test_a_link_is_explained_with_what_it_leads_to(image):
    image.link("/usr/bin/kitten", "cat").used("/usr/bin/kitten")
    found = answer("/usr/bin/kitten", saved(image))
    assert [one.path for one in found.explained] == ["/usr/bin/kitten", "/usr/bin/cat"]
    assert (found.paths, found.note) == (1, "a link that leads to /usr/bin/cat")


def test_a_link_that_leads_nowhere_is_told_as_such(image):
    image.link("/etc/nowhere", "/run/made")
    found = answer("/etc/nowhere", saved(image))
    assert found.note == "a link that leads nowhere: the image holds no /run"


def test_what_was_excluded_names_the_option_and_nothing_that_it_beats(image):
    (one,) = answer("/usr/bin/cat", saved(image, exclude=("/usr/bin/cat",))).explained
    assert words(one) == ["--exclude /usr/bin/cat", "--include /usr/bin/cat"]
    assert [remedy.leave_out for remedy in one.remedies] == [True, False]


def test_with_keep_traced_the_default_is_a_remedy(image):
    found = answer("/usr/share/doc/tools/README", saved(image, keep="traced"))
    assert ("--keep traced", True) in [
        (" ".join(one.words), one.leave_out) for one in found.explained[0].remedies
    ]


def test_names_that_are_not_utf8_and_names_with_wildcards_are_taken_as_they_are(image):
    raw = "/etc/caf\udce9"
    image.file(raw, "x").file("/etc/[slug].js", "y").file("/etc/s.js", "z")
    assert answer(raw, saved(image)).explained[0].path == raw
    (one,) = answer("/etc/[slug].js", saved(image)).explained
    assert words(one)[-1] in ("--exec-probe cat '/etc/[slug].js'", "--include /etc/[[]slug].js")
    (include,) = [word for word in words(one) if word.startswith("--include")]
    kept = image.plan(include=(include.split()[1],)).kept
    assert "/etc/[slug].js" in kept
    assert "/etc/s.js" not in kept


def test_hard_links_are_told_and_count_once(image):
    image.file("/opt/a", "12345").hard("/opt/a", "/opt/b").used("/opt/a")
    found = answer("/opt/b", saved(image))
    assert found.explained[0].same_file == ("/opt/a",)
    both = answer("/opt/?", saved(image))
    assert both.kept_size + both.dropped_size == 5


def test_many_paths_are_summed_up_by_reason(image):
    for number in range(FEW + 1):
        image.file(f"/opt/data/{number}", "x" * number)
    found = answer("/opt/data/*", saved(image))
    assert found.explained == ()
    (amount,) = found.amounts
    assert (amount.decision, amount.paths, amount.size) == (Decision.DROPPED, 6, 15)
    each = answer("/opt/data/*", saved(image), everything=True)
    assert (len(each.explained), each.amounts) == (6, ())


def test_a_folder_is_itself_and_what_is_in_it(image):
    found = answer("/usr/bin/", saved(image))
    assert (found.meaning, found.paths) == ("folder", 5)


def test_packages_are_found_by_name_with_and_without_ecosystem(image):
    for text in ("tools", "dpkg:tools", "dpkg:t*", "TOOLS"):
        found = answer(text, saved(image))
        assert (found.meaning, found.paths) == ("package", 3)


def test_what_the_image_never_held_has_near_names(image):
    found = answer("/usr/bin/othr", saved(image))
    assert (found.paths, found.meaning) == (0, "nothing")
    assert found.near[0] == "/usr/bin/other"
    assert found.note == "the image holds no /usr/bin/othr"
    assert answer("/usr/bni/cat", saved(image)).near[0] == "/usr/bin/cat"
    assert "dpkg:tools" in answer("tool", saved(image)).near
    assert answer("/etc/run.conf/x", saved(image)).note == "/etc/run.conf of the image is no folder"


@pytest.mark.parametrize(
    "asked", ["/proc/self/status", "sys/class/net", "/dev/null", "/proc/*/maps", "/conf/1"]
)
def test_what_the_kernel_provides_has_no_near_names(asked, image):
    image.link("/conf", "/proc/self/fd").file("/etc/status", "x").file("/etc/null", "x")
    found = answer(asked, saved(image))
    assert (found.paths, found.near) == (0, ())
    assert "is the kernel's: what is there is made when a container runs, and no image holds it" in found.note


def test_what_only_begins_as_a_path_of_the_kernel_has_near_names(image):
    image.file("/srv/process", "x")
    assert answer("/process", saved(image)).near == ("/srv/process",)


def test_what_was_only_made_at_run_time_is_told_with_who_made_it(image):
    image.used("/run/app.pid", executable="/usr/bin/run")
    found = answer("/run/app.pid", saved(image))
    assert [(one.program, one.use) for one in found.sightings] == [("/usr/bin/run", "open")]


def test_what_is_asked_for_by_way_of_a_link_was_used_by_its_other_name_too(image):
    image.link("/var/conf", "/etc").used("/etc/app.pid", executable="/usr/bin/run")
    assert answer("/var/conf/app.pid", saved(image)).sightings
    assert not answer("/var/nothing/app.pid", saved(image)).sightings


def test_a_file_that_is_asked_for_as_a_folder_was_not_made_at_run_time(image):
    found = answer("/usr/bin/run/", saved(image))
    assert (found.note, found.sightings) == ("/usr/bin/run of the image is no folder", ())


def test_a_glob_without_a_folder_is_near_to_the_same_in_any_folder(image):
    assert answer("*.conf", saved(image)).near == ("**/*.conf",)
    assert answer("*.html", saved(image)).near == ()


def test_nothing_is_kept_for_its_own_sake(image):
    image.link("/etc/other.conf", "run.conf").used("/etc/run.conf")
    found = saved(image)
    assert any(reason.source == "/etc/run.conf" for reason in found.plan.kept["/etc/run.conf"])
    (one,) = answer("/etc/run.conf", found).explained
    assert "/etc/run.conf" not in [step.needed_by for step in one.also]


def test_a_circle_of_links_is_told(image):
    image.link("/etc/a", "b").link("/etc/b", "a")
    assert answer("/etc/a/x", saved(image)).note.endswith("leads in a circle")
    assert answer("/etc/a", saved(image)).note == "a link that leads in a circle"


def test_an_illegal_glob_is_a_usage_error(image):
    with pytest.raises(UsageError, match="is wrong"):
        answer("/etc/[z-a]", saved(image))
