"""What the JavaScript of an image keeps."""

import json

import pytest
from small_image import SmallImage

from slim.plan import Gap

APP = "/srv/app"
MODULES = f"{APP}/node_modules"


@pytest.fixture
def image(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base", "/bin/sh", "/usr/bin/gzip", "/usr/bin/tar"])
    for program in ("/bin/sh", "/usr/bin/gzip", "/usr/bin/tar", "/usr/local/bin/node"):
        image.program(program, "")
    image.file("/etc/base").executed("/usr/local/bin/node", process=2)
    return image.starts("node", "main.js", WorkingDir=APP)


def package(image, name, manifest=None, **files):
    image.file(f"{MODULES}/{name}/package.json", json.dumps({"name": name, **(manifest or {})}))
    for file, content in files.items():
        image.file(f"{MODULES}/{name}/{file.replace('__', '/').replace('_js', '.js')}", content)
    return image


def names(image, **options):
    return {path[len(MODULES) + 1 :] for path in image.kept(**options) if path.startswith(MODULES + "/")}


def test_of_a_package_only_what_is_reached_is_kept_with_its_data(image):
    image.file(f"{APP}/main.js", "function f() { require('web') }")
    package(image, "web", index_js="require('./lib/a')", lib__a_js="", lib__b_js="", README="")
    image.file(f"{MODULES}/web/data.json", "{}").file(f"{MODULES}/web/README.md").file(
        f"{MODULES}/web/a.js.map"
    )
    assert names(image) == {"web/package.json", "web/index.js", "web/lib/a.js", "web/data.json"}
    assert {"web/lib/b.js"} <= names(image, keep="package")


def test_a_reason_says_who_loads_it(image):
    image.file(f"{APP}/main.js", "require('web')")
    package(image, "web", index_js="")
    reason = image.plan().kept[f"{MODULES}/web/index.js"][0]
    assert (reason.rule, reason.source) == ("require", f"{APP}/main.js")
    assert reason.detail == "/srv/app/main.js loads web"


def test_a_package_that_loads_by_names_made_at_run_time_keeps_its_code_and_what_it_depends_on(image):
    image.file(f"{APP}/main.js", "require('host')")
    package(image, "host", {"peerDependencies": {"driver": "*"}},
            index_js="module.exports = name => require(name)", rare_js="")  # fmt: skip
    package(image, "driver", index_js="")
    assert {"host/rare.js", "driver/index.js"} <= names(image)


def test_a_known_beginning_keeps_what_may_follow(image):
    image.file(f"{APP}/main.js", "require('dates')")
    package(image, "dates", index_js="n => require('./locale/' + n)", locale__de_js="", other_js="")
    assert "dates/locale/de.js" in names(image)
    assert "dates/other.js" not in names(image)


def test_dependencies_of_the_application_stay_though_nothing_names_them(image):
    image.file(f"{APP}/main.js", "").file(
        f"{APP}/package.json", '{"dependencies": {"lazy": "1", "gone": "1"}}'
    )
    package(image, "lazy", {"main": "m.js"}, m_js="", other_js="")
    package(image, "dev", index_js="")
    assert names(image) == {"lazy/package.json", "lazy/m.js"}


def test_strings_of_the_application_name_plug_ins(image):
    image.file(f"{APP}/main.js", "app.set('view engine', 'views'); log({target: 'log/file'})")
    package(image, "views", index_js="")
    package(image, "log", index_js="", file_js="")
    assert {"views/index.js", "log/file.js"} <= names(image)


def test_programs_that_code_starts_are_kept(image):
    image.file(
        f"{APP}/main.js", "const c = require('child_process'); c.exec('gzip -9 x'); c.spawn('tar', ['x'])"
    )
    assert {"/bin/sh", "/usr/bin/gzip", "/usr/bin/tar"} <= set(image.kept())


def test_a_package_manager_runs_the_scripts(image):
    manifest = {"scripts": {"start": "tool serve && npm run after", "after": "gzip x", "build": "tar x"}}
    image.file(f"{APP}/package.json", json.dumps(manifest)).file(f"{APP}/main.js")
    package(image, "tool", {"bin": "cli.js"}, cli_js="")
    image.host(f"{MODULES}/tool/cli.js").chmod(0o755)
    image.link(f"{MODULES}/.bin/tool", "../tool/cli.js")
    assert "tool/cli.js" not in names(image)
    manager = "/usr/local/lib/node_modules/npm"
    image.file(f"{manager}/package.json", '{"name": "npm"}').file(f"{manager}/bin/npm-cli.js")
    image.used(f"{manager}/bin/npm-cli.js")
    kept = image.kept()
    assert {f"{MODULES}/.bin/tool", f"{MODULES}/tool/cli.js", "/usr/bin/gzip", "/bin/sh"} <= set(kept)
    assert "/usr/bin/tar" not in kept


def test_lists_that_a_bundler_left_are_followed(image):
    image.file(f"{APP}/main.js").file(f"{APP}/.next/server/page.js")
    traced = {"version": 1, "files": ["../../node_modules/deep/x.js", "../gone.js"]}
    image.file(f"{APP}/.next/server/page.js.nft.json", json.dumps(traced))
    package(image, "deep", x_js="", y_js="")
    assert names(image) == {"deep/package.json", "deep/x.js"}


def test_a_linked_package_keeps_the_link_and_where_it_leads(image):
    store = f"{MODULES}/.pnpm/a@1/node_modules"
    image.file(f"{APP}/main.js", "require('a')").link(f"{MODULES}/a", ".pnpm/a@1/node_modules/a")
    image.file(f"{store}/a/package.json", "{}").file(f"{store}/a/index.js", "require('b')")
    image.file(f"{store}/b/package.json", "{}").file(f"{store}/b/index.js")
    kept = image.kept()
    assert {f"{MODULES}/a", f"{store}/a/index.js", f"{store}/b/index.js"} <= set(kept)


def test_developers_files_of_the_application_ask_for_nothing(image):
    image.file(f"{APP}/main.js").file(f"{APP}/webpack.config.js", "require('pack')")
    image.file(f"{APP}/test/a.js", "require('pack')")
    package(image, "pack", index_js="")
    assert names(image) == set()


def test_addons_for_other_systems_are_left(image):
    image.file(f"{APP}/main.js", "require('addon')")
    package(image, "addon", index_js="require('node-gyp-build')(__dirname)")
    image.file(f"{MODULES}/addon/prebuilds/darwin-arm64/addon.node", b"\xcf\xfa\xed\xfe")
    image.copy(f"{MODULES}/addon/prebuilds/linux-x64/addon.node", "/bin/true")
    assert {name for name in names(image) if name.endswith(".node")} == {
        "addon/prebuilds/linux-x64/addon.node"
    }


def test_without_node_nothing_is_read(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.program("/usr/local/bin/node", "").starts("/srv/app/run", WorkingDir=APP).file("/srv/app/run")
    image.file(f"{APP}/main.js", "require('web')")
    package(image, "web", index_js="")
    assert names(image) == set()


def test_what_cannot_be_read_or_known_is_told(image):
    image.file(f"{APP}/main.js", "n => require(n)").file(f"{APP}/bad.js", b"\0\1\2")
    image.file(f"{APP}/b/package.json", '{"dependencies": ["a"]}').file(f"{APP}/package.json", b"\xff{")
    gaps = {(item.source, item.gap) for item in image.plan().unresolved if item.rule == "require"}
    assert gaps == {
        (f"{APP}/bad.js", Gap.UNREADABLE),
        (f"{APP}/package.json", Gap.UNREADABLE),
        (f"{APP}/main.js", Gap.UNKNOWN),
    }


def test_manifests_nested_beyond_every_parser_are_told(image):
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    image.file(f"{APP}/main.js", "require('deep')").file(f"{MODULES}/deep/index.js", "")
    for path in (f"{MODULES}/deep/package.json", f"{APP}/package.json", f"{APP}/page.nft.json"):
        image.file(path, deep)
    told = {item.source for item in image.plan().unresolved if item.gap is Gap.UNREADABLE}
    assert told == {f"{APP}/package.json", f"{APP}/page.nft.json"}


def test_a_helper_among_the_tests_that_the_application_loads_counts(image):
    image.file(f"{APP}/main.js", "require('./test/helper')").file(f"{APP}/test/helper.js", "require('pack')")
    package(image, "pack", index_js="")
    assert "pack/index.js" in names(image)


def test_an_application_in_a_folder_called_test_counts(image):
    image.starts("node", "main.js", WorkingDir="/srv/test/docs")
    image.file("/srv/test/docs/main.js", "require('pack')").file("/srv/test/docs/package.json", "{}")
    folder = "/srv/test/docs/node_modules/pack"
    image.file(f"{folder}/package.json", "{}").file(f"{folder}/index.js").file(f"{folder}/data.json", "{}")
    assert {f"{folder}/index.js", f"{folder}/data.json"} <= set(image.kept())


def test_native_parts_that_a_package_brings_for_this_system(image):
    image.file(f"{APP}/main.js", "load('bundler')")
    package(image, "bundler", {"optionalDependencies": {"@bundler/linux-x64": "1", "@bundler/extra": "1"}},
            index_js="require.resolve(`${name()}/bin/bundler`)")  # fmt: skip
    package(image, "@bundler/linux-x64", {"os": ["linux"], "cpu": ["x64"]}, README="")
    package(image, "@bundler/extra", other_js="")
    image.program(f"{MODULES}/@bundler/linux-x64/bin/bundler", "x")
    kept = names(image)
    assert "@bundler/linux-x64/bin/bundler" in kept and "@bundler/extra/other.js" not in kept


def test_scripts_that_a_page_of_a_package_names(image):
    image.file(f"{APP}/main.js", "require('docs-ui')")
    package(image, "docs-ui", index_js="exports.folder = () => __dirname", ui_js="", rest_js="")
    image.file(f"{MODULES}/docs-ui/index.html", '<script charset="UTF-8" src="./ui.js?v=1"></script>')
    kept = names(image)
    assert "docs-ui/ui.js" in kept and "docs-ui/rest.js" not in kept


def test_a_folder_of_a_package_that_the_application_serves(image):
    image.file(f"{APP}/main.js", "serve(path.join(__dirname, 'node_modules/theme/dist'))")
    package(image, "theme", dist__theme_js="", src__theme_js="")
    image.file(f"{MODULES}/theme/dist/theme.css")
    kept = names(image)
    assert {"theme/dist/theme.js", "theme/dist/theme.css"} <= kept and "theme/src/theme.js" not in kept


def test_beginnings_of_modules_names_that_the_application_hands_to_others(image):
    image.file(f"{APP}/main.js", "load('dates/locale/' + l); load(`dates/plugin/${p}`); load('parts/')")
    package(image, "dates", index_js="", locale__fr_js="", plugin__utc_js="", other__x_js="")
    package(image, "parts", index_js="")
    kept = names(image)
    assert {"dates/locale/fr.js", "dates/plugin/utc.js", "parts/index.js"} <= kept
    assert "dates/other/x.js" not in kept
