"""Which modules follow from a kept one, in small images."""

import io
import zipfile

import pytest
from small_python import HOME, SITE, distribution, modules, python

from slim.plan import Gap


def test_edges_go_from_module_to_module(tmp_path):
    image = python(tmp_path, "from lib.a import f")
    distribution(
        image,
        "lib",
        {
            "lib/__init__.py": "",
            "lib/a.py": "from . import b\nfrom .deep.c import x\n",
            "lib/b.py": "if TYPE_CHECKING:\n    from . import d\n",
            "lib/d.py": "",
            "lib/deep/__init__.py": "",
            "lib/deep/c.py": "from ..e import *\nif __name__ == '__main__':\n    from . import unused\n",
            "lib/deep/unused.py": "",
            "lib/e.py": "import lib.a\n",
        },
    )
    wanted = {"__init__.py", "a.py", "b.py", "deep/__init__.py", "deep/c.py", "e.py"}
    assert modules(image) == {f"lib/{name}" for name in wanted}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import_module(f'lib.parts.{x}')", {"parts/__init__.py", "parts/one.py", "parts/p_two.py"}),
        ("import_module(f'lib.parts.p_{x}')", {"parts/__init__.py", "parts/p_two.py"}),
        (
            "import_module('.parts.' + x, __package__)",
            {"parts/__init__.py", "parts/one.py", "parts/p_two.py"},
        ),
        ("X = 'lib.parts.one.Thing'", {"parts/__init__.py", "parts/one.py"}),
        ("X = 'lib.parts.one:thing'", {"parts/__init__.py", "parts/one.py"}),
        ("X = 'lib.nothing.one'", set()),
        (
            "def __getattr__(n):\n    return import_module({'x': '.parts'}[n], __name__)",
            {"parts/__init__.py"},
        ),
        ("def __getattr__(n):\n    return X\nX = ['parts']", {"parts/__init__.py"}),
        ("pkgutil.iter_modules(__path__)", {"parts/__init__.py", "parts/one.py", "parts/p_two.py"}),
        ("from .parts import *", {"parts/__init__.py", "parts/one.py"}),
        ("import_module(f'{app}.one')", {"parts/one.py"}),
    ],
)
def test_modules_by_names_that_are_made_or_listed(tmp_path, text, wanted):
    # the application imports lib.parts only where the last case asks about a package that is kept
    main = "import lib" + (", lib.parts" if "{app}" in text else "")
    image = python(tmp_path, main)
    files = {"lib/__init__.py": text, "lib/parts/__init__.py": '__all__ = ["one"]', "lib/parts/one.py": ""}
    distribution(image, "lib", {**files, "lib/parts/p_two.py": "", "lib/parts/tests/test_one.py": ""})
    assert modules(image) - {"lib/__init__.py"} >= {f"lib/{name}" for name in wanted}
    if "{app}" not in text:
        assert modules(image) == {"lib/__init__.py", *(f"lib/{name}" for name in wanted)}


def test_a_package_that_the_application_names_in_a_string_is_kept_with_its_modules(tmp_path):
    image = python(tmp_path, "INSTALLED_APPS = ['shop.orders', 'menu']")
    files = ["shop/__init__.py", "shop/orders/__init__.py", "shop/orders/migrations/0001_initial.py"]
    distribution(image, "shop", [*files, "shop/other.py", "shop/orders/tests/test_x.py"])
    distribution(image, "menu", ["menu/__init__.py", "menu/urls.py"])
    assert modules(image) == {*files, "menu/__init__.py", "menu/urls.py"}


def test_commands_settings_and_the_environment_name_modules(tmp_path):
    image = python(tmp_path).file("/srv/app/log.ini", "class=tool.handlers.Mine\n")
    image.file("/srv/app/work.sh", "#!/bin/sh\nexec python3 -u -m tool.worker\n", 0o755)
    files = ["tool/__init__.py", "tool/handlers.py", "tool/settings.py", "tool/main.py", "tool/unused.py"]
    distribution(image, "tool", [*files, "tool/worker/__init__.py", "tool/worker/__main__.py"])
    image.starts("python3.11", "-m", "tool.main", WorkingDir="/srv/app", Env=["SETTINGS=tool.settings"])
    assert modules(image) == {
        *files[:4],
        "tool/worker/__init__.py",
        "tool/worker/__main__.py",
    }


def test_a_loaded_module_keeps_source_and_byte_code_a_reachable_one_its_source(tmp_path):
    image = python(tmp_path, "import lib")
    cache = "lib/__pycache__"
    files = ["lib/__init__.py", "lib/a.py", f"{cache}/__init__.cpython-311.pyc", f"{cache}/a.cpython-311.pyc"]
    distribution(image, "lib", {**dict.fromkeys(files, ""), "lib/__init__.py": "import lib.a"})
    image.used(f"{SITE}/{cache}/__init__.cpython-311.pyc")
    assert modules(image) == {*files[:3]}


def test_folders_that_pth_files_and_pythonpath_add(tmp_path):
    image = python(tmp_path, "import far, near").file(f"{SITE}/x.pth", "/opt/far\nimport sys\n")
    image.file("/opt/far/far.py").file("/opt/near/near.py", "import json").file(f"{HOME}/json.py")
    image.packages(base=["/etc/base", "/opt/far/far.py", "/opt/near/near.py"])
    image.starts("python3.11", "main.py", WorkingDir="/srv/app", Env=["PYTHONPATH=/opt/near"])
    assert {"/opt/far/far.py", "/opt/near/near.py", f"{HOME}/json.py"} <= set(image.kept())


def test_an_extension_of_another_version_is_not_the_module(tmp_path):
    image = python(tmp_path, "import fast.x")
    ours, theirs = (f"fast/x.cpython-{version}-x86_64-linux-gnu.so" for version in ("311", "312"))
    distribution(image, "fast", ["fast/__init__.py", ours, theirs])
    assert modules(image) == {"fast/__init__.py", ours}


def test_names_in_compiled_code_count(tmp_path):
    image = python(tmp_path, "import fast.x")
    names = b"\0fast.sub.part\0\0helper\0 fast.deepMore"
    extension = "fast/x.cpython-311-x86_64-linux-gnu.so"
    files = dict.fromkeys(("fast/sub/__init__.py", "fast/sub/part.py", "fast/helper.py", "fast/deep.py"), "")
    distribution(image, "fast", {"fast/__init__.py": "", "fast/unused.py": "", **files, extension: names})
    assert modules(image) == {"fast/__init__.py", extension, *files}


def test_the_cython_source_beside_a_module_is_no_python_that_could_not_be_read(tmp_path):
    image = python(tmp_path, "import fast.x")
    source = (
        "from helper cimport deep\nimport plain\n" + "cdef extern from 'a.h':\n  ctypedef struct b:\n" * 9
    )
    extension = "fast/x.cpython-311-x86_64-linux-gnu.so"
    distribution(image, "fast", {"fast/__init__.py": "", extension: "", "fast/x.pyx": source, "plain.py": ""})
    assert {extension, "plain.py"} <= modules(image)
    assert not [one for one in image.plan().unresolved if one.gap is Gap.UNREADABLE]


def test_a_zip_of_sources_asks_for_what_they_import(tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("__main__.py", "from json import loads\nfrom .x import y\n")
    image = python(tmp_path).file("/srv/app/app.pyz", raw.getvalue()).file(f"{HOME}/json/__init__.py")
    assert "json/__init__.py" in modules(image, HOME)


def test_programs_that_the_application_starts(tmp_path):
    image = python(tmp_path, "import subprocess\nsubprocess.run(['env', 'packer', 'x'])\n")
    image.packages(base=["/etc/base"], packer=["/usr/bin/packer"], env=["/usr/bin/env"])
    image.program("/usr/bin/packer", "").program("/usr/bin/env", "")
    assert {"/usr/bin/packer", "/usr/bin/env"} <= set(image.kept())


def test_what_cannot_be_told_is_told(tmp_path):
    image = python(tmp_path, "def f(n):\n    import_module(n)\nimport gone, sys\n")
    image.file("/srv/app/broken.py", "import os\n" + "?? (( ]] $$ !!\n" * 50)
    gaps = {(u.source, u.gap) for u in image.plan().unresolved if u.rule == "import"}
    assert ("/srv/app/main.py", Gap.UNKNOWN) in gaps
    assert ("/srv/app/main.py", Gap.ABSENT) in gaps
    assert ("/srv/app/broken.py", Gap.UNREADABLE) in gaps


def test_cyclic_imports_and_links_end(tmp_path):
    image = python(tmp_path, "import a, loop.x")
    distribution(image, "a", {"a.py": "import b", "b.py": "import a"})
    image.link(f"{SITE}/loop", "loop").link(f"{SITE}/self", ".")
    assert modules(image) - {"self"} == {"a.py", "b.py"}


def test_the_import_system_inside_the_interpreter_keeps_what_it_imports_and_not_its_own_source(tmp_path):
    image = python(tmp_path, "import importlib.util, zipimport")
    image.file(f"{HOME}/importlib/__init__.py", "from . import _bootstrap, _bootstrap_external\n")
    text = "def find():\n    from importlib.readers import FileReader\n"
    for name in ("_bootstrap", "_bootstrap_external", "util", "readers"):
        image.file(f"{HOME}/importlib/{name}.py", text)
    image.file(f"{HOME}/zipimport.py").file(f"{HOME}/lib-dynload/zlib.so")
    kept = modules(image, HOME)
    assert {"importlib/util.py", "importlib/readers.py", "lib-dynload/zlib.so"} <= kept
    assert not kept & {"importlib/_bootstrap.py", "importlib/_bootstrap_external.py"}


def test_a_string_of_compiled_code_is_no_import_where_a_profile_says_so(tmp_path):
    for source, expected in (("import lxml.etree", False), ("import lxml.etree, lxml.objectify", True)):
        folder = tmp_path / str(expected)
        folder.mkdir()
        image = python(folder, source)
        distribution(image, "lxml", ["lxml/__init__.py", "lxml/objectify.cpython-311-x86_64-linux-gnu.so"])
        image.file(f"{SITE}/lxml/etree.cpython-311-x86_64-linux-gnu.so", b"\0lxml.objectify\0lxml.sax\0")
        assert any("objectify" in name for name in modules(image)) is expected
