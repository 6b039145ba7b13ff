"""Node's look-up of modules."""

import json

import pytest
from small_image import SmallImage

from slim.closure.node.resolve import Resolver


@pytest.fixture
def image(tmp_path):
    image = SmallImage(tmp_path)
    exports = {
        ".": {"import": "./esm/index.mjs", "require": "./cjs/index.js"},
        "./deep/*": {"node": "./cjs/deep/*.js"},
        "./deep/private/*": None,
    }
    imports = {"#own": {"browser": "./b.js", "default": "./own.js"}, "#dep": "plain"}
    packages = {
        "both": {"name": "both", "exports": exports, "imports": imports, "main": "ignored.js"},
        "plain": {"main": "lib"},
        "@scope/tool": {},
    }
    for folder, manifest in packages.items():
        image.file(f"/srv/node_modules/{folder}/package.json", json.dumps(manifest))
    for file in ("both/esm/index.mjs", "both/cjs/index.js", "both/cjs/deep/x.js", "both/own.js",
                 "both/cjs/deep/private/y.js", "plain/lib/index.js", "@scope/tool/index.js",
                 "@scope/tool/sub.json"):  # fmt: skip
        image.file(f"/srv/node_modules/{file}")
    for file in ("a.js", "b/index.json", "lang/de.js", "lang/fr.js", "lang/note.txt", "t.ts"):
        image.file(f"/srv/app/{file}")
    return image.file("/usr/share/nodejs/global/package.json", "{}").file("/usr/share/nodejs/global/index.js")


@pytest.mark.parametrize(
    ("specifier", "how", "found"),
    [
        ("./a", "require", ["app/a.js"]),
        ("./b", "require", ["app/b/index.json"]),
        ("./lang/*", "require", ["app/lang/de.js", "app/lang/fr.js"]),
        ("./t.js", "import", ["app/t.ts"]),
        ("both", "require", ["node_modules/both/cjs/index.js"]),
        ("both", "import", ["node_modules/both/esm/index.mjs"]),
        ("both/deep/x", "require", ["node_modules/both/cjs/deep/x.js"]),
        ("plain", "require", ["node_modules/plain/lib/index.js"]),
        ("@scope/tool/sub", "require", ["node_modules/@scope/tool/sub.json"]),
        ("@scope/to*", "require", ["node_modules/@scope/tool/index.js"]),
        ("fs/promises", "require", []),
        ("node:test", "require", []),
        ("missing", "require", []),
    ],
)
def test_what_is_found(image, specifier, how, found):
    got = Resolver(image.tree).resolve(specifier, "/srv/app", how)
    assert [path for path in got if not path.endswith("package.json")] == [f"/srv/{path}" for path in found]


def test_a_package_finds_itself_and_its_own_names(image):
    resolver = Resolver(image.tree)
    here = "/srv/node_modules/both/cjs"
    assert resolver.resolve("both/deep/x", here, "require") == (f"{here}/deep/x.js",)
    assert "/srv/node_modules/both/own.js" in resolver.resolve("#own", here, "require")
    assert "/srv/node_modules/plain/lib/index.js" in resolver.resolve("#dep", here, "require")


def test_debians_folders_come_last(image):
    assert (
        Resolver(image.tree).resolve("global", "/srv/app", "require")[-1]
        == "/usr/share/nodejs/global/index.js"
    )
