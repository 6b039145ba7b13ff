"""What is read in a Python source, whatever its version and its faults."""

import pytest

from slim.closure.python.archive import read_archive
from slim.closure.python.syntax import read_source
from slim.closure.python.written import (
    HOLE,
    IN_FUNCTION,
    IN_MAIN,
    NEVER,
    OPTIONAL,
    OWN_PACKAGE,
    Import,
    Written,
)


def read(text):
    return read_source(text.encode())


def imports(text):
    return {("." * one.level + one.module, one.names, one.where) for one in read(text).imports}


def test_statements_in_all_their_forms():
    text = "import os.path as p, sys\nfrom . import (a as b,\n  c)\nfrom ..x.y import *\nif a: import z\n"
    assert imports(text) == {
        ("os.path", (), 0),
        ("sys", (), 0),
        (".", ("a", "c"), 0),
        ("..x.y", ("*",), 0),
        ("z", (), 0),
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("def f():\n    import a", IN_FUNCTION),
        ("class A:\n    import a", 0),
        ("if __name__ == '__main__':\n    import a", IN_MAIN),
        ("if TYPE_CHECKING:\n    import a", NEVER),
        ("if typing.TYPE_CHECKING:\n    pass\nelse:\n    import a", 0),
        ("if not TYPE_CHECKING:\n    import a", 0),
        ("if sys.platform == 'win32':\n    import a", NEVER),
        ("if sys.platform != 'win32':\n    import a", 0),
        ("try:\n    import a\nexcept ImportError:\n    pass", OPTIONAL),
        ("try:\n    pass\nexcept ImportError:\n    import a", 0),
    ],
)
def test_where_an_import_stands(text, where):
    assert imports(text) == {("a", (), where)}


def test_an_answer_to_a_failed_import_says_which():
    text = "try:\n    import fast\n    from x import y\nexcept ImportError:\n    import slow\n"
    assert Import("slow", instead_of=("fast", "x")) in read(text).imports


@pytest.mark.parametrize(
    "text",
    [
        '"""\nimport no\n"""\n',
        "# import no\n",
        "x = 'import no'\n",
        "s = f'''\n>>> from no import x\n'''\n",
    ],
)
def test_text_and_comments_import_nothing(text):
    assert not read(text).imports


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'\nimport a\n",
        "try: pass\nexcept X, e: pass\nimport a\n",
        "def f(:\n  pass\nimport a\n",
        "match x:\n    case {'a': 1}: pass\ntype A[T] = list[T]\nimport a\n",
        "x = 0777\nexec 'y' in z\nimport a\n",
        "\ufeffimport a\n",
        "import a\r\nx = 1\r\n",
    ],
)
def test_other_versions_and_broken_sources_give_what_can_be_read(text):
    assert "a" in {one.module for one in read(text).imports}


@pytest.mark.parametrize(
    ("call", "made"),
    [
        ('import_module("a.b")', "a.b"),
        ('importlib.import_module(f"anyio._backends._{x}")', f"anyio._backends._{HOLE}"),
        ('import_module("django.db.backends.%s.base" % x)', f"django.db.backends.{HOLE}.base"),
        ('import_module("a.b.{}".format(x))', f"a.b.{HOLE}"),
        ('import_module("pkg.parts." + name)', f"pkg.parts.{HOLE}"),
        ('import_module("." + name, __package__)', f"{OWN_PACKAGE}.{HOLE}"),
        ('import_module(".x", package="a.b")', "a.b.x"),
        ('import_module(f"{__name__}.{x}")', f"{OWN_PACKAGE}.{HOLE}"),
        ('import_module(f"{app}.management.commands.{x}")', f"{HOLE}.management.commands.{HOLE}"),
        ('__import__("dialects.%s" % (name,), globals())', f"dialects.{HOLE}"),
        ('import_optional_dependency("openpyxl")', "openpyxl"),
        ('n = "a.b." + x\n__import__(n)', f"a.b.{HOLE}"),
        ('for n in ("a.x", "a.y"):\n    __import__(n)', "a.y"),
    ],
)
def test_names_made_at_run_time(call, made):
    written = read(call)
    assert made in written.made
    assert not written.unknown


def test_a_name_of_which_nothing_is_known():
    assert read("def f(n):\n    import_module(n)").unknown == 2
    assert not read("def f(n):\n    import_module(n.)  # (").made


def test_strings_that_are_names():
    written = read('"""Not this: \'a.b\'"""\nA = ["x.y", "m.n:app", ".rel", "w", "not a.name"]  # "c.d"\n')
    assert written.dotted == (".rel", "m.n:app", "x.y")
    assert written.words == ()
    assert read('def __getattr__(name):\n    return {"sub": 1}\n\nimport os').words == ("sub",)


def test_programs_and_lines_for_a_shell():
    text = (
        'subprocess.run(["git", "log", x])\nos.system(f"gzip -9 {x}")\nshutil.which("tar")\n'
        'subprocess.check_output("a | b", shell=True)\nos.execvp("ls", args)\nself.run("no")\n'
    )
    written = read(text)
    assert written.programs == (("git", "log"), ("ls",), ("tar",))
    assert written.lines == ("a | b", "gzip -9 _")


def test_plugins_and_modules_that_are_started():
    text = (
        "pkgutil.iter_modules(__path__)\npkgutil.walk_packages(a.b.__path__, 'a.b.')\n"
        "entry_points(group='g')\n[sys.executable, '-m', 'worker.main']\n"
    )
    written = read(text)
    assert written.walked == (OWN_PACKAGE, "a.b")
    assert written.groups == ("g",)
    assert written.run == ("worker.main",)


@pytest.mark.parametrize("content", [b"\0\1\2", b"\x7fELF\0", b"(" * 5000 + b"import", b"\xff\xfeimport x"])
def test_what_is_no_python_raises_nothing(content):
    assert isinstance(read_source(content), Written)


def test_an_archive_that_is_none_says_so():
    assert read_archive(b"PK\3\4 nothing").errors
