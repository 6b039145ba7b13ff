"""From what a slim image lacked to the next plan."""

from small_image import SmallImage, library

from probes.watch.trace import Trace
from slim.closure.options import PlanOptions
from slim.oci.config import ImageConfig
from slim.oci.path import ImagePath
from slim.repair import additions, repair
from slim.verify.model import LookupDifference

CONFIG = ImageConfig.parse(b'{"architecture": "amd64", "os": "linux", "config": {}}')


def missed(path, asked=None, **more):
    return LookupDifference(ImagePath(path), asked or path, "/app", "GET /late", "ENOENT", **more)


def repaired(image, *missing, **options):
    before = image.plan(**options)
    trace = Trace("sha256:small", True, accesses=tuple(image.accesses))
    return before, repair(before, image.tree, CONFIG, trace, PlanOptions(**options), missing)


def test_what_is_missing_is_added_with_a_reason_of_its_own(tmp_path):
    image = SmallImage(tmp_path).file("/opt/tpl/late.html").file("/opt/tpl/other.html")
    before, after = repaired(image, missed("/opt/tpl/late.html"), keep="traced")
    told = {path: (reason.rule, reason.detail) for path, reason in additions(before, after).items()}
    assert told == {
        "/opt/tpl": ("parent", "it holds /opt/tpl/late.html"),
        "/opt/tpl/late.html": ("repair", "looked up by /app under GET /late on the slim image: ENOENT"),
    }
    assert "/opt/tpl/other.html" in after.dropped


def test_what_is_missing_comes_with_what_it_needs(tmp_path):
    image = SmallImage(tmp_path)
    library(image.host("/usr/lib/libinner.so.1"), "libinner.so.1")
    inner = str(image.host("/usr/lib/libinner.so.1"))
    library(image.host("/usr/lib/plugin.so"), None, "-Wl,--no-as-needed", inner)
    before, after = repaired(image, missed("/usr/lib/plugin.so"), keep="traced")
    assert "/usr/lib/libinner.so.1" in additions(before, after)


def test_the_look_up_is_repaired_whole_and_not_only_the_first_link_on_its_way(tmp_path):
    image = SmallImage(tmp_path).file("/usr/share/x").link("/data", "usr/share").link("/last", "data/x")
    before, after = repaired(image, missed("/last"), keep="traced")
    assert {"/last", "/data", "/usr/share/x"} <= set(additions(before, after))
    before, after = repaired(image, missed("/last", follow=False), keep="traced")
    assert "/usr/share/x" not in additions(before, after)


def test_an_entry_that_a_listing_lacks_is_added_and_the_others_are_not(tmp_path):
    image = SmallImage(tmp_path).file("/plugins/a").file("/plugins/b").used("/plugins")
    before, after = repaired(image, missed("/plugins/b", "/plugins", lists=True), keep="traced")
    assert list(additions(before, after)) == ["/plugins/b"]


def test_what_was_dropped_on_purpose_stays_dropped(tmp_path):
    image = SmallImage(tmp_path).file("/opt/x")
    before, after = repaired(image, missed("/opt/x", purpose="dropped on purpose: --exclude"), keep="traced")
    assert after is before


def test_the_same_repair_gives_the_same_plan_in_whatever_order_it_was_found(tmp_path):
    image = SmallImage(tmp_path).file("/opt/x").file("/opt/y")
    first, second = missed("/opt/x"), missed("/opt/y")
    assert repaired(image, first, second, keep="traced") == repaired(image, second, first, keep="traced")


def test_a_plan_says_what_it_dropped_on_purpose(tmp_path):
    image = SmallImage(tmp_path).file("/opt/x").file("/opt/y")
    plan = image.plan(keep="traced", exclude=("/opt/x",))
    assert plan.on_purpose == {"/opt/x"}
