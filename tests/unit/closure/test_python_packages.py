"""Distributions: what comes with the code of one, and what the application names without having loaded it."""

from small_image import SmallImage
from small_python import DEBIAN, HOME, SITE, distribution, modules, python

from slim.closure.packages.pydist import requirements


def test_a_distribution_that_an_untaken_branch_imports_keeps_data_and_metadata(tmp_path):
    image = python(tmp_path, "def f():\n    import yaml\n")
    distribution(image, "PyYAML", ["yaml/__init__.py", "yaml/data.txt", "yaml/unused.py", "_yaml.so"])
    distribution(image, "other", ["other.py"])
    plan = image.plan()
    assert {f"{SITE}/yaml/data.txt", f"{SITE}/_yaml.so", f"{SITE}/PyYAML-1.0.dist-info/METADATA"} <= set(
        plan.kept
    )
    assert {f"{SITE}/other.py", f"{SITE}/yaml/unused.py"} <= set(plan.dropped)
    data, code = plan.kept[f"{SITE}/yaml/data.txt"][0], plan.kept[f"{SITE}/yaml/__init__.py"][0]
    assert (data.rule, data.detail) == ("package", "python package PyYAML is used")
    assert (code.rule, code.detail) == ("import", "/srv/app/main.py imports yaml")
    assert code.source == "/srv/app/main.py"


def test_keep_package_keeps_a_used_distribution_whole(tmp_path):
    image = python(tmp_path, "import yaml")
    distribution(image, "PyYAML", ["yaml/__init__.py", "yaml/unused.py"])
    assert "yaml/unused.py" not in modules(image)
    assert "yaml/unused.py" in modules(image, keep="package")


def test_what_a_kept_distribution_requires_is_kept_without_extras(tmp_path):
    image = python(tmp_path, "import web")
    requires = ["Tem_plate (>=3)", "windows; sys_platform == 'win32'", "dev; extra == 'dev'"]
    distribution(image, "web", ["web.py"], requires)
    distribution(image, "tem_plate", ["template.py"], ["markup", "web"])
    for project in ("markup", "windows", "dev"):
        distribution(image, project, [f"{project}.py"])
    assert modules(image) == {"web.py", "template.py", "markup.py"}


def test_a_requires_txt_names_what_is_wanted_before_its_extras(tmp_path):
    text = 'a>=1\n[:python_version >= "3"]\nb\n[:sys_platform == "win32"]\nc\n[dev]\nd\n'
    image = SmallImage(tmp_path).file("/x.egg-info/requires.txt", text)
    assert requirements("/x.egg-info/requires.txt", image.tree) == ("a", "b")


def test_of_a_namespace_only_the_package_with_the_module_is_kept(tmp_path):
    image = python(tmp_path, "from cloud.store import Bucket")
    distribution(image, "cloud-store", ["cloud/store/__init__.py", "cloud/store/x.json"])
    distribution(image, "cloud-mail", ["cloud/mail/__init__.py"])
    assert modules(image) == {"cloud/store/__init__.py", "cloud/store/x.json"}


def test_a_system_package_without_python_metadata_gives_its_module_and_data(tmp_path):
    image = python(tmp_path, "import apt.cache")
    files = [f"{DEBIAN}/apt/{name}" for name in ("__init__.py", "cache.py", "x.json", "unused.py")]
    image.packages(base=["/etc/base"], python3_apt=[*files, "/usr/share/apt/x"])
    for file in (*files, "/usr/share/apt/x"):
        image.file(file)
    kept = set(image.kept())
    assert set(files[:3]) <= kept
    assert not {files[3], "/usr/share/apt/x"} & kept


def test_extension_modules_of_the_standard_library_come_with_what_imports_them(tmp_path):
    image = python(tmp_path, "def f():\n    import shelve, curses\n")
    image.file(f"{HOME}/shelve.py", "def open():\n    import dbm\n")
    image.file(f"{HOME}/dbm/__init__.py", "_names = ['dbm.gnu']\nfor n in _names:\n    __import__(n)\n")
    image.file(f"{HOME}/dbm/gnu.py", "from _gdbm import *")
    image.file(f"{HOME}/curses/__init__.py", "from _curses import *")
    for part in ("_gdbm", "_curses", "_tkinter"):
        image.file(f"{HOME}/lib-dynload/{part}.cpython-311.so")
    kept = modules(image, f"{HOME}/lib-dynload")
    assert kept == {"_gdbm.cpython-311.so", "_curses.cpython-311.so"}


def test_developers_tools_behind_a_module_stay_out(tmp_path):
    image = python(tmp_path, "import pickle")
    image.file(
        f"{HOME}/pickle.py", "import io\ndef _test():\n    import doctest\n\ndef f():\n    import pdb\n"
    )
    image.file(f"{HOME}/doctest.py").file(f"{HOME}/pdb.py")
    assert not {"doctest.py", "pdb.py"} & modules(image, HOME)


def test_a_developers_tool_that_the_application_imports_is_kept(tmp_path):
    image = python(tmp_path, "def f():\n    import pdb\n").file(f"{HOME}/pdb.py", "import cmd")
    image.file(f"{HOME}/cmd.py")
    assert {"pdb.py", "cmd.py"} <= modules(image, HOME)


def test_an_interpreter_in_an_untaken_branch_brings_what_it_starts_with(tmp_path):
    image = SmallImage(tmp_path).file(f"{HOME}/os.py").program("/usr/local/bin/python3.11", "")
    image.packages(base=["/bin/sh"]).program("/bin/sh", "").file(f"{HOME}/site.py").file(f"{HOME}/json.py")
    image.program("/srv/run", "#!/bin/sh\nif false; then python3.11 -m json x; fi\n").starts("/srv/run")
    kept = image.executed("/srv/run").kept()
    assert {f"{HOME}/site.py", f"{HOME}/json.py"} <= set(kept)


def test_an_unused_environment_stays_out(tmp_path):
    image = python(tmp_path, "import yaml").used(SITE)
    distribution(image, "PyYAML", ["yaml.py"])
    other = "/opt/venv/lib/python3.9/site-packages"
    distribution(image, "PyYAML", ["yaml.py"], site=other)
    kept = image.kept()
    assert f"{SITE}/yaml.py" in kept
    assert f"{other}/yaml.py" not in kept


def test_what_code_imports_counts_though_metadata_does_not_require_it(tmp_path):
    image = python(tmp_path, "def f():\n    import web\n")
    text = "import transport\n\ndef rare():\n    import extra\n\ndef never():\n    import setuptools\n"
    distribution(image, "web", {"web.py": text})
    for project in ("transport", "extra"):
        distribution(image, project, [f"{project}.py"])
    distribution(image, "setuptools", ["setuptools/__init__.py"])
    assert modules(image) == {"web.py", "transport.py", "extra.py"}


def test_entry_points_of_a_group_bring_the_distributions_that_have_one(tmp_path):
    image = python(tmp_path, "from importlib.metadata import entry_points\nentry_points(group='x.plugins')\n")
    distribution(image, "one", ["one.py"], more={"entry_points.txt": "[x.plugins]\na = one:main\n"})
    distribution(image, "two", ["two.py"], more={"entry_points.txt": "[y.plugins]\na = two:main\n"})
    assert modules(image) == {"one.py"}
    assert f"{SITE}/one-1.0.dist-info/entry_points.txt" in image.kept()


def test_compiled_modules_beside_the_packages_belong_to_the_distribution(tmp_path):
    image = python(tmp_path, "import fast")
    hashed = "81d243bd2c585b0f4821__mypyc.cpython-311-x86_64-linux-gnu.so"
    distribution(image, "fast", ["fast/__init__.py", "fast/x.cpython-311-x86_64-linux-gnu.so", hashed])
    assert modules(image) == {"fast/__init__.py", hashed}


def test_a_source_in_a_folder_that_is_no_package_is_data(tmp_path):
    image = python(tmp_path, "import tool")
    distribution(image, "tool", ["tool/__init__.py", "tool/templates/env.py", "tool/unused.py"])
    assert modules(image) == {"tool/__init__.py", "tool/templates/env.py"}


def _with_command(image, project):
    """A distribution of one module, with a command of the same name that its installer made."""
    info = f"{SITE}/{project}-1.0.dist-info"
    image.program(f"/usr/local/bin/{project}", f"#!/usr/local/bin/python3.11\nimport {project}\n")
    image.file(f"{info}/METADATA", "Name: x\n").file(f"{SITE}/{project}/__init__.py")
    names = (f"{project}-1.0.dist-info/METADATA", f"{project}/__init__.py", f"../../../bin/{project}")
    return image.file(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))


def test_commands_of_what_the_application_imports_are_kept_and_not_those_of_its_dependencies(tmp_path):
    image = python(tmp_path, "import migrate")
    _with_command(_with_command(image, "migrate"), "fonts")
    image.file(f"{SITE}/migrate/__init__.py", "import fonts\n")
    kept = image.kept()
    assert {"/usr/local/bin/migrate", f"{SITE}/fonts/__init__.py"} <= set(kept)
    assert "/usr/local/bin/fonts" not in kept
    assert "/usr/local/bin/fonts" in image.kept(keep="package")


def test_a_command_of_a_dependency_that_a_script_names_is_kept(tmp_path):
    image = python(tmp_path, "import migrate, subprocess\nsubprocess.run(['fonts', '--list'])\n")
    _with_command(_with_command(image, "migrate"), "fonts")
    assert "/usr/local/bin/fonts" in image.kept()


def test_a_library_that_completes_commands_in_a_shell_brings_no_shell(tmp_path):
    text = "import subprocess\nsubprocess.run(['bash', '-c', 'echo'])\n"
    image = python(tmp_path, "import click.shell_completion, click.editor")
    image.program("/bin/bash", "").file(f"{SITE}/click/__init__.py")
    image.file(f"{SITE}/click/shell_completion.py", text).file(f"{SITE}/click/editor.py")
    image.used(f"{SITE}/click/shell_completion.py").used(f"{SITE}/click/editor.py")
    assert "/bin/bash" not in image.kept()
    image.file(f"{SITE}/click/editor.py", text)
    assert "/bin/bash" in image.kept()
