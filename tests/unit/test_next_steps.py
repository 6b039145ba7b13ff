"""What lacks in the folder that a program listed."""

from dataclasses import replace

from handmade import Handmade, plan_keeping

from probes.watch.trace import Access, Trace, Use
from slim.plan import Owner
from slim.verify.listings import entries_lost

PACKAGES = "/usr/lib/python3/dist-packages"


def listed(*paths, probe="GET /"):
    accesses = (Access(path, Use.LIST, "", "/app", 1, probe, 0.0, 1, "strace") for path in paths)
    return Trace("sha256:0", True, (), tuple(accesses))


def image_and_plan(folder):
    made = Handmade(folder)
    for path in (PACKAGES, f"{PACKAGES}/flask", f"{PACKAGES}/flask/__pycache__", "/srv/rules"):
        made.folder(path)
    for path in (f"{PACKAGES}/flask/app.py", f"{PACKAGES}/flask/__pycache__/app.pyc", "/srv/rules/a"):
        made.file(path)
    image = made.image()
    plan = plan_keeping(image, PACKAGES, "/srv/rules")
    return image, replace(plan, owners={f"{PACKAGES}/flask/app.py": Owner("dpkg", "python3-flask")})


def test_the_folder_of_the_application_is_named_and_none_of_packages_or_byte_code(tmp_path):
    image, plan = image_and_plan(tmp_path / "image")
    trace = listed(PACKAGES, f"{PACKAGES}/flask", "/srv/rules")
    (lost,) = entries_lost("GET /", trace, image.tree, plan)
    assert (lost.path, lost.asked, lost.lists) == ("/srv/rules/a", "/srv/rules", True)


def test_what_was_listed_at_the_start_is_named_where_the_probe_lists_nothing(tmp_path):
    image, plan = image_and_plan(tmp_path / "image")
    trace = listed("/srv/rules", probe="start")
    (lost,) = entries_lost("GET /", trace, image.tree, plan)
    assert (lost.path, lost.asked, lost.lists) == ("/srv/rules/a", "/srv/rules", True)
