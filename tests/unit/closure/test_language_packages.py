"""Packages of Node and Perl, and PAM, that are kept for what asks for them."""

import json

import pytest
from small_image import SmallImage


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
