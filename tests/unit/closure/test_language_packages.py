"""Language packages that the application names without having loaded them."""

import json

import pytest
from small_image import SmallImage

from slim.closure.packages.pydist import requirements

SITE = "/usr/local/lib/python3.11/site-packages"
HOME = "/usr/local/lib/python3.11"
DEBIAN = "/usr/lib/python3/dist-packages"


def python(tmp_path):
    """An image whose application ran on an unpackaged Python."""
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.file(f"{HOME}/os.py").program("/usr/local/bin/python3.11", "")
    return image.used(f"{HOME}/os.py").starts("python3.11", "main.py", WorkingDir="/srv/app")


def distribution(image, project, modules, requires=(), site=SITE):
    info = f"{site}/{project}-1.0.dist-info"
    image.file(f"{info}/METADATA", "Name: x\n" + "".join(f"Requires-Dist: {r}\n" for r in requires) + "\n")
    for module in modules:
        image.file(f"{site}/{module}")
    names = [f"{project}-1.0.dist-info/METADATA", f"{project}-1.0.dist-info/RECORD", *modules]
    return image.file(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))


def test_a_distribution_that_an_untaken_branch_imports_is_kept_whole(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "def f():\n    import yaml\n")
    distribution(image, "PyYAML", ["yaml/__init__.py", "yaml/data.txt", "_yaml.so"])
    distribution(image, "other", ["other.py"])
    plan = image.plan()
    assert {f"{SITE}/yaml/data.txt", f"{SITE}/_yaml.so", f"{SITE}/PyYAML-1.0.dist-info/METADATA"} <= set(
        plan.kept
    )
    assert f"{SITE}/other.py" in plan.dropped
    reason = plan.kept[f"{SITE}/yaml/data.txt"][0]
    assert (reason.rule, reason.detail) == ("import", "/srv/app/main.py imports yaml")
    assert reason.source == "/srv/app/main.py"


def test_what_a_kept_distribution_requires_is_kept_without_extras(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "import web")
    requires = ["Tem_plate (>=3)", "windows; sys_platform == 'win32'", "dev; extra == 'dev'"]
    distribution(image, "web", ["web.py"], requires)
    distribution(image, "tem_plate", ["template.py"], ["markup", "web"])
    for project in ("markup", "windows", "dev"):
        distribution(image, project, [f"{project}.py"])
    kept = image.kept()
    assert {f"{SITE}/template.py", f"{SITE}/markup.py"} <= set(kept)
    assert not {f"{SITE}/windows.py", f"{SITE}/dev.py"} & set(kept)


def test_a_requires_txt_names_what_is_wanted_before_its_extras(tmp_path):
    text = 'a>=1\n[:python_version >= "3"]\nb\n[:sys_platform == "win32"]\nc\n[dev]\nd\n'
    image = SmallImage(tmp_path).file("/x.egg-info/requires.txt", text)
    assert requirements("/x.egg-info/requires.txt", image.tree) == ("a", "b")


def test_of_a_namespace_only_the_package_with_the_module_is_kept(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "from cloud.store import Bucket")
    distribution(image, "cloud-store", ["cloud/store/__init__.py", "cloud/store/x.json"])
    distribution(image, "cloud-mail", ["cloud/mail/__init__.py"])
    kept = image.kept()
    assert f"{SITE}/cloud/store/x.json" in kept
    assert f"{SITE}/cloud/mail/__init__.py" not in kept


def test_a_system_package_without_python_metadata_gives_its_module(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "import apt.cache")
    files = [f"{DEBIAN}/apt/__init__.py", f"{DEBIAN}/apt/cache.py", "/usr/share/apt/x"]
    image.packages(base=["/etc/base"], python3_apt=files)
    for file in files:
        image.file(file)
    kept = image.kept()
    assert set(files[:2]) <= set(kept)
    assert files[2] not in kept


def test_parts_of_the_standard_library_that_are_left_out_stay_where_they_are_imported(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "def f():\n    import shelve, curses\n")
    image.file(f"{HOME}/shelve.py", "def open():\n    import dbm\n").file(f"{HOME}/dbm/__init__.py")
    image.file(f"{HOME}/dbm/gnu.py", "from _gdbm import *").file(
        f"{HOME}/curses/__init__.py", "from _curses import *"
    )
    for part in ("_gdbm", "_curses", "_tkinter"):
        image.file(f"{HOME}/lib-dynload/{part}.cpython-311.so")
    kept = image.kept()
    assert {f"{HOME}/lib-dynload/_gdbm.cpython-311.so", f"{HOME}/lib-dynload/_curses.cpython-311.so"} <= set(
        kept
    )
    assert f"{HOME}/lib-dynload/_tkinter.cpython-311.so" not in kept


def test_developers_tools_behind_a_module_stay_out(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "import pickle")
    image.file(f"{HOME}/pickle.py", "import io\ndef _test():\n    import doctest\n")
    image.file(f"{HOME}/doctest.py", "def f():\n    import turtle\n").file(f"{HOME}/turtle.py")
    assert f"{HOME}/turtle.py" not in image.kept()


def test_an_interpreter_in_an_untaken_branch_brings_its_library(tmp_path):
    image = SmallImage(tmp_path).file(f"{HOME}/os.py").program("/usr/local/bin/python3.11", "")
    image.packages(base=["/bin/sh"]).program("/bin/sh", "").file(f"{HOME}/json/__init__.py")
    image.program("/srv/run", "#!/bin/sh\nif false; then python3.11 x.py; fi\n").starts("/srv/run")
    assert f"{HOME}/json/__init__.py" in image.executed("/srv/run").kept()


def test_an_unused_environment_stays_out(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "import yaml").used(SITE)
    distribution(image, "PyYAML", ["yaml.py"])
    other = "/opt/venv/lib/python3.9/site-packages"
    distribution(image, "PyYAML", ["yaml.py"], site=other)
    kept = image.kept()
    assert f"{SITE}/yaml.py" in kept
    assert f"{other}/yaml.py" not in kept


@pytest.mark.parametrize("used", [True, False])
def test_dependencies_of_the_package_json_are_kept_where_node_runs(tmp_path, used):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.program("/usr/local/bin/node", "").starts("/srv/app/run", WorkingDir="/srv/app")
    image.file("/srv/app/run")
    manifests = {
        "": {"dependencies": dict.fromkeys(("a", "@s/b", "gone", "../x")), "devDependencies": {"dev": "1"}},
        "node_modules/a/": {"dependencies": {"c": "1"}, "peerDependencies": {"p": "1"}},
        "node_modules/a/node_modules/c/": {"version": "2"},
        **{f"node_modules/{name}/": {} for name in ("@s/b", "c", "p", "dev")},
    }
    for folder, manifest in manifests.items():
        image.file(f"/srv/app/{folder}package.json", json.dumps({"name": "x", **manifest}))
        image.file(f"/srv/app/{folder}index.js")
    if used:
        image.executed("/usr/local/bin/node", process=2)
    plan = image.plan()
    found = {path[len("/srv/app/") :] for path in plan.kept if path.endswith("/index.js")} - {"index.js"}
    wanted = {"a", "a/node_modules/c", "@s/b", "p"}
    assert found == ({f"node_modules/{name}/index.js" for name in wanted} if used else set())
    if used:
        reason = plan.kept["/srv/app/node_modules/a/index.js"][0]
        assert reason.detail == "/srv/app/package.json depends on a"


def test_a_package_json_that_is_none_asks_for_nothing(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.program("/usr/local/bin/node", "").executed("/usr/local/bin/node")
    image.starts("node", WorkingDir="/srv/app").file("/srv/app/package.json", b"\xff{")
    image.file("/srv/app/b/package.json", '{"dependencies": ["a"]}')
    assert "/srv/app/package.json" in image.kept()


def test_a_linked_dependency_keeps_the_link_and_where_it_leads(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.program("/usr/local/bin/node", "").executed("/usr/local/bin/node")
    image.starts("node", WorkingDir="/srv/app").file("/srv/app/package.json", '{"dependencies": {"a": "1"}}')
    store = "/srv/app/node_modules/.pnpm/a@1/node_modules"
    image.file(f"{store}/a/package.json", '{"dependencies": {"b": "1"}}').file(f"{store}/a/a.js")
    image.file(f"{store}/b/package.json", "{}").link("/srv/app/node_modules/a", ".pnpm/a@1/node_modules/a")
    kept = image.kept()
    assert {"/srv/app/node_modules/a", f"{store}/a/a.js", f"{store}/b/package.json"} <= set(kept)


def test_pam_keeps_its_modules_and_settings(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    files = ["/etc/pam.d/su", "/etc/security/limits.conf", "/etc/shadow", "/usr/lib/x/security/pam_unix.so"]
    for file in files:
        image.file(file)
    assert not set(files) & set(image.kept())
    image.file("/usr/lib/x/libpam.so.0").used("/usr/lib/x/libpam.so.0")
    assert set(files) <= set(image.kept())


def test_perl_keeps_its_library_without_documentation(tmp_path):
    image = SmallImage(tmp_path).packages(perl=["/usr/bin/perl"]).program("/usr/bin/perl", "")
    modules = ["/usr/share/perl/5.36.0/JSON/PP.pm", "/usr/lib/x/perl-base/auto/POSIX/POSIX.so"]
    for file in (*modules, "/usr/share/perl/5.36.0/pod/perl.pod"):
        image.file(file)
    assert not set(modules) & set(image.kept())
    kept = image.executed("/usr/bin/perl").kept()
    assert set(modules) <= set(kept)
    assert "/usr/share/perl/5.36.0/pod/perl.pod" not in kept


def test_what_a_kept_distribution_imports_when_loaded_is_kept_though_it_does_not_require_it(tmp_path):
    image = python(tmp_path).file("/srv/app/main.py", "def f():\n    import web\n")
    distribution(image, "web", ["web.py"])
    image.file(f"{SITE}/web.py", "import transport\n\ndef rare():\n    import extra\n")
    for project in ("transport", "extra"):
        distribution(image, project, [f"{project}.py"])
    kept = image.kept()
    assert f"{SITE}/transport.py" in kept
    assert f"{SITE}/extra.py" not in kept
