"""Python code in strings, shell scripts, commands and pickles; programs as functions of sh and plumbum."""

import pickle

import pytest
from small_python import HOME, SITE, distribution, modules, python

from slim.closure.python.embedded import read_pickle, read_shell
from slim.closure.python.syntax import read_source


@pytest.mark.parametrize(
    "text",
    [
        "subprocess.run(['python3', '-c', 'import lib.a; print(1)'])",
        "exec('from lib.a import *', {})",
        "eval(\"__import__('lib.a')\")",
        "CODE = '''\nimport lib.a\nlib.a.run()\n'''\n",
    ],
)
def test_code_in_a_string_imports(tmp_path, text):
    image = distribution(python(tmp_path, text), "lib", ["lib/__init__.py", "lib/a.py", "lib/b.py"])
    assert modules(image, SITE) == {"lib/__init__.py", "lib/a.py"}


@pytest.mark.parametrize(
    "text", ["'''import lib'''", "print('import the file')", "print('''\n>>> import lib\n''')"]
)
def test_prose_imports_nothing(text):
    assert not read_source(text.encode()).imports


@pytest.mark.parametrize(
    "script",
    [
        'python3 -c "import lib.a"',
        "python <<END\nimport lib.a\nEND\n",
        "python3 - <<-'EOF' || exit 1\n\timport lib.a\n\tEOF\n",
    ],
)
def test_python_in_a_shell_script(script):
    assert [each.module for each in read_shell(script.encode()).imports] == ["lib.a"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_imports_the_modules_of_its_classes(protocol):
    found = {each.module for each in read_pickle(pickle.dumps(pytest.Item, protocol)).imports}
    assert found == {pytest.Item.__module__}


def test_programs_as_functions():
    source = (
        b"import sh\nfrom plumbum.cmd import ls, wc\nfrom plumbum import local\nsh.git('x')\nlocal['ps']()\n"
    )
    assert set(read_source(source).programs) >= {("git",), ("ls",), ("wc",), ("ps",)}


def test_a_word_names_a_standard_module_where_names_are_made(tmp_path):
    main = "importlib.import_module(os.environ.get('BACKEND', 'sqlite3'))"
    image = python(tmp_path, main).file(f"{HOME}/sqlite3/__init__.py").file(f"{HOME}/wave.py")
    assert f"{HOME}/sqlite3/__init__.py" in image.kept()
    assert f"{HOME}/wave.py" not in image.kept()
