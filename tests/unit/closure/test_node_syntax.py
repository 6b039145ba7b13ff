"""What a JavaScript file names."""

import pytest

from slim.closure.node.syntax import read_facts


@pytest.mark.parametrize(
    ("code", "requires"),
    [
        ("const a = require('./a')", ("./a",)),
        ("function f() { return require(`b/c`) }", ("b/c",)),
        ("require('./lang/' + name)", ("./lang/*",)),
        ("require(`./lang/${name}.js`)", ("./lang/*.js",)),
        ("require(production ? './p' : './d')", ("./d", "./p")),
        ("const table = {a: 'pa', b: 'pb'}; require(table[key])", ("pa", "pb")),
        ("for (const name of ['x', 'why-' + z]) require(name)", ("why-*", "x")),
        ("const load = createRequire(import.meta.url); load('inner')", ("inner",)),
        ("require.resolve('pkg/package.json')", ("pkg/package.json",)),
        ("eval('require')('hidden')", ("hidden",)),
        ("let a = a + 'x'; require('./' + a)", ("./*x",)),
        ("// require('no')\n'require(\"no\")'", ()),
    ],
)
def test_what_require_is_given(code, requires):
    facts = read_facts(code.encode())
    assert (facts.requires, facts.unbounded) == (requires, 0)


def test_what_import_is_given():
    code = (
        b"import a, {b} from 'a'; import './side.js'; export * from \"c\"; f = () => import(`./l/${x}.mjs`)"
    )
    assert read_facts(code).imports == ("./l/*.mjs", "./side.js", "a", "c")


def test_a_name_of_which_nothing_is_known_is_told_with_its_line():
    assert read_facts(b"\nfunction load(name) {\n  return require(name)\n}").unbounded == 3


@pytest.mark.parametrize(
    ("code", "assets"),
    [
        ("fs.readFile(path.join(__dirname, '..', 'views'))", ("../views",)),
        ("fs.readFile(__dirname + '/page.html')", ("page.html",)),
        ("fs.readFile(`${__dirname}/tpl/${name}.html`)", ("tpl/*.html",)),
        ("new Worker(new URL('./worker.js', import.meta.url))", ("./worker.js",)),
        ("const root = path.join(__dirname, 'a'); open(path.join(root, 'b'))", ("", "a", "a/b")),
        ("load(__dirname)", ("",)),
        ("require('child_process').fork(path.resolve(__dirname, 'child.js'))", ("", "child.js")),
    ],
)
def test_paths_beside_the_file(code, assets):
    assert set(assets) - {""} <= set(read_facts(code.encode()).assets)


def test_programs_and_lines_for_a_shell():
    code = b"""const cp = require("child_process");
    cp.exec("tar cf - . | gzip"); cp.spawn("sha256sum", ["-"]); execFile("id", options);
    cp.spawn("convert", ["a"], {shell: true}); cp.execSync(`git log ${x}`)"""
    facts = read_facts(code)
    assert facts.lines == ("convert a", "git log ", "tar cf - . | gzip")
    assert facts.programs == (("id",), ("sha256sum", "-"))


def test_paths_upon_what_a_package_resolves_to():
    code = b"path.join(path.dirname(require.resolve('pino/package.json')), 'lib', 'worker.js')"
    assert read_facts(code).beside == (("pino/package.json", "/../lib/worker.js".lstrip("/")),)


@pytest.mark.parametrize(
    "content", [b"\0\1\2", b"\xff\xfe import", b"(" * 50_000 + b"require('x')", b"import " * 5000]
)
def test_whatever_the_content_there_are_facts(content):
    read_facts(content)


def test_types_hide_no_import():
    code = "import type { A } from './a';\nexport class B<T extends A> { private x: Map<T> = require('m') }"
    facts = read_facts(code.encode())
    assert (facts.imports, facts.requires) == (("./a",), ("m",))
