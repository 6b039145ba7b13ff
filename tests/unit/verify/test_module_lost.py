"""The module that the last line of a log asks for."""

import pytest
from handmade import Handmade, plan_keeping

from slim.verify.module_lost import module_lost

LIBRARY = "/usr/lib/python3.11"
LAST = "ModuleNotFoundError: No module named '{}'"


@pytest.fixture
def image(tmp_path):
    made = Handmade(tmp_path / "image")
    for folder in ("/opt/app", LIBRARY, f"{LIBRARY}/json", f"{LIBRARY}/lib-dynload", f"{LIBRARY}/vendored"):
        made.folder(folder)
    for path in (
        "colorsys.py",
        "json/__init__.py",
        "json/tool.py",
        "vendored/__init__.py",
        "vendored/six.py",
    ):
        made.file(f"{LIBRARY}/{path}")
    made.file(f"{LIBRARY}/vendored/six.py")
    return made.file(f"{LIBRARY}/lib-dynload/_crypt.cpython-311-x86_64-linux-gnu.so").image()


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("colorsys", f"{LIBRARY}/colorsys.py"),
        ("json", f"{LIBRARY}/json/__init__.py"),
        ("json.tool", f"{LIBRARY}/json/tool.py"),
        ("_crypt", f"{LIBRARY}/lib-dynload/_crypt.cpython-311-x86_64-linux-gnu.so"),
        ("six", None),
        ("color", None),
    ],
)
def test_the_file_that_a_folder_of_modules_lacks_is_named(image, module, path):
    log = ("Traceback (most recent call last):", LAST.format(module), "")
    assert module_lost(log, image.tree, plan_keeping(image, "/opt/app")) == path


def test_nothing_is_named_that_is_kept_or_that_the_log_went_on_after(image):
    colorsys = f"{LIBRARY}/colorsys.py"
    log = (LAST.format("colorsys"),)
    assert module_lost(log, image.tree, plan_keeping(image, colorsys)) is None
    assert module_lost((*log, "started"), image.tree, plan_keeping(image, "/opt/app")) is None
    assert module_lost((), image.tree, plan_keeping(image, "/opt/app")) is None
