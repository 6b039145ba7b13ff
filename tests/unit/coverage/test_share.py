"""What of the application was used, and what not."""

import time
from dataclasses import replace

import pytest
from covered import command, covered, direct_url, http, named, of
from small_image import SmallImage, compile_c

from probes.exercise.generate import Operation
from probes.watch.trace import Trace, Use
from slim.coverage.measure import coverage_of


def site(tmp_path):
    """A Python application in /app of which two modules and one template were used."""
    image = SmallImage(tmp_path).packages(base=["/etc"]).starts("python3", "main.py", WorkingDir="/app")
    image.file("/app/main.py", "import shop").file("/app/shop/__init__.py").file("/app/shop/cart.py", "1\n")
    image.file("/app/shop/orders.py", "22\n").file("/app/templates/home.html").file(
        "/app/templates/cart.html"
    )
    return image.used("/app/main.py").used("/app/shop/cart.py").used("/app/templates/home.html")


def test_files_of_code_that_no_run_opened_are_named(tmp_path):
    seen = covered(site(tmp_path), http("/"))
    assert (seen.measure, seen.modules.used, seen.modules.total) == ("files", 2, 3)
    assert seen.share == 0.6666
    assert seen.share_of_bytes == 0.8125
    assert named(seen.unused_modules) == ["/app/shop/orders.py"]


def test_templates_that_no_run_opened_are_named(tmp_path):
    seen = covered(site(tmp_path), http("/"))
    assert (seen.pages.used, seen.pages.total) == (1, 2)
    assert named(seen.unused_pages) == ["/app/templates/cart.html"]


def test_a_source_counts_as_loaded_when_its_compiled_code_was(tmp_path):
    image = site(tmp_path).used("/app/shop/__pycache__/orders.cpython-312.opt-1.pyc")
    assert named(covered(image, http("/")).unused_modules) == []


def test_a_look_up_is_no_use(tmp_path):
    image = site(tmp_path).used("/app/shop/orders.py", Use.LOOKUP)
    image.used("/app/shop/orders.py", Use.OPEN, error="EACCES")
    assert named(covered(image, http("/")).unused_modules) == ["/app/shop/orders.py"]


def test_another_name_of_a_file_is_the_same_file(tmp_path):
    image = site(tmp_path).link("/app/now.py", "shop/orders.py").used("/app/now.py")
    image.hard("/app/main.py", "/app/other.py")
    assert named(covered(image, http("/")).unused_modules) == []


def test_folders_come_with_the_most_files_first(tmp_path):
    image = site(tmp_path)
    for number in range(120):
        image.file(f"/app/late/m{number:03}.py", "x")
    late = covered(image, http("/")).unused_modules[0]
    assert (late.folder, late.count, len(late.files), late.bytes) == ("/app/late", 120, 100, 120)


@pytest.mark.parametrize(
    "path",
    ["/app/tests/test_cart.py", "/app/shop/tests.py", "/app/conftest.py", "/app/setup.py",
     "/app/static/cart.js", "/app/collected/cart.js", "/app/node_modules/left/index.js",
     "/app/vendor/acme/a.php", "/app/data.json", "/app/shop/__pycache__/orders.cpython-312.pyc",
     "/app/shop/main.pyi"],
)  # fmt: skip
def test_tests_tools_and_browsers_code_are_not_counted(tmp_path, path):
    seen = covered(site(tmp_path).file(path, "x"), http("/"))
    assert seen.modules.total == 3


def test_javascript_counts_where_something_runs_it_and_typescript_where_it_was_read(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc"]).starts("node", "a.js", WorkingDir="/app")
    image.program("/usr/local/bin/node", "x").executed("/usr/local/bin/node").file("/app/types.d.ts", "x")
    image.file("/app/a.js", "x").file("/app/b.mjs", "x").file("/app/a.ts", "x").used("/app/a.js")
    image.file("/app/public/page.js", "x")
    assert named(covered(image, http("/")).unused_modules) == ["/app/b.mjs"]
    image.file("/app/c.ts", "x").used("/app/a.ts")
    assert named(covered(image, http("/")).unused_modules) == ["/app/b.mjs", "/app/c.ts"]


def test_programs_and_scripts_that_no_run_started_are_named_once(tmp_path):
    image = site(tmp_path).program("/app/manage.py", "#!/bin/x\n")
    image.program("/app/bin/report", "#!/bin/sh\necho")
    compile_c(image.host("/app/bin/convert"))
    image.program("/app/bin/libx.so.1", "x").program("/app/data.txt", "no program")
    seen = covered(image, http("/"))
    assert named(seen.unused_executables) == ["/app/bin/convert", "/app/bin/report", "/app/manage.py"]
    assert named(seen.unused_modules) == ["/app/shop/orders.py"]
    seen = covered(image.executed("/app/bin/report"), http("/"))
    assert named(seen.unused_executables) == ["/app/manage.py", "/app/bin/convert"]


@pytest.mark.parametrize("started", [True, False])
def test_a_project_that_pip_installed_is_the_application(tmp_path, started):
    """From its folder of sources; or from anywhere, where its command is what the container starts."""
    packages = "/usr/lib/python3/dist-packages"
    image = SmallImage(tmp_path).packages(base=["/etc"]).starts("shop")
    record = "shop/a.py,,\nshop/b.py,,\nshop/c.py,,\nshop-1.dist-info/RECORD,,\n../../../bin/shop,,\n"
    image.file(f"{packages}/shop-1.dist-info/RECORD", record + "shop-1.dist-info/direct_url.json,,\n")
    image.file(f"{packages}/shop-1.dist-info/METADATA", "Name: shop\nVersion: 1\n")
    image.file(
        f"{packages}/shop-1.dist-info/direct_url.json",
        direct_url(**{"archive_info" if started else "dir_info": {}}),
    )
    for module in "abc":
        image.file(f"{packages}/shop/{module}.py", "import shop.a, shop.b, shop.c\n")
    image.program("/usr/bin/shop", "#!/usr/bin/python3\nimport shop.a\n")
    image.executed("/usr/bin/shop", process=1 if started else 7)
    image.used(f"{packages}/shop/a.py").used("/usr/bin/shop")
    seen = covered(image, http("/"), keep="package")
    assert (seen.modules.used, seen.modules.total) == (2, 4)


def test_packages_are_a_figure_of_their_own(tmp_path):
    image = site(tmp_path)
    for module in ("used", "late"):
        image.file(f"/app/node_modules/left/{module}.js", "x")
    image.file("/app/node_modules/left/package.json", '{"name": "left", "version": "1.0.0"}')
    seen = covered(image.used("/app/node_modules/left/used.js"), http("/"), keep="package")
    assert (seen.packages.used, seen.packages.total) == (1, 2)


def test_many_probes_that_used_a_file_leave_it_a_part_of_the_application(tmp_path):
    image = site(tmp_path)
    for number in range(20):
        image.used("/app/shop/cart.py", probe=f"GET /{number}")
    assert covered(image, http("/")).modules.total == 3


def native(tmp_path):
    image = SmallImage(tmp_path / "image").packages(base=["/etc"]).starts("/app/serve", WorkingDir="/app")
    compile_c(image.host("/app/serve"))
    return image.file("/app/start.sh", "#!/bin/sh\n").executed("/app/serve").used("/app/start.sh")


def test_one_native_program_is_not_measured_by_files(tmp_path):
    seen = covered(native(tmp_path), http("/a"), http("/a?b=1"))
    assert (seen.measure, seen.share) == ("none", None)
    assert seen.unmeasured == "it is one native program, /app/serve"
    assert (seen.requests, seen.paths) == (2, 1)


def test_archives_and_a_single_file_are_not_measured_by_files(tmp_path):
    image = SmallImage(tmp_path / "a").packages(base=["/etc"]).starts("java", WorkingDir="/app")
    image.file("/app/site.jar", "PK").used("/app/site.jar")
    assert covered(image, http("/a")).unmeasured == "all its code is in archives"
    image = SmallImage(tmp_path / "b").packages(base=["/etc"]).starts("python3", WorkingDir="/app")
    image.file("/app/main.py", "x").used("/app/main.py")
    assert covered(image, http("/a")).unmeasured == "all its code is one file"


def test_what_is_not_measured_by_files_is_measured_by_operations(tmp_path):
    declared = (Operation("GET", "/pets/{id}"), Operation("POST", "/pets"), Operation("GET", "/pets"))
    seen = covered(native(tmp_path), http("/pets/7?full=1"), http("/pets"), operations=declared)
    assert (seen.measure, seen.share) == ("operations", 0.6666)
    assert seen.unreached_operations == ("POST /pets",)
    assert covered(site(tmp_path / "b"), http("/"), operations=declared).measure == "files"


@pytest.mark.parametrize("status", [401, 403, 429])
def test_what_was_refused_was_not_exercised(tmp_path, status):
    declared = (Operation("GET", "/pets"), Operation("GET", "/health"))
    seen = covered(native(tmp_path), http("/pets", status), http("/health"), operations=declared)
    assert (seen.share, seen.unreached_operations, seen.refused) == (0.5, ("GET /pets",), 1)


def test_what_led_to_a_login_was_not_exercised(tmp_path):
    declared = (Operation("GET", "/pets"), Operation("GET", "/login"))
    form = b"<form><input type=password></form>"
    led = replace(http("/pets", body=form), url="/login", redirects=("/login",))
    seen = covered(native(tmp_path), led, operations=declared)
    assert (seen.unreached_operations, seen.refused) == (("GET /pets",), 1)


def test_requests_of_commands_are_not_seen(tmp_path):
    declared = (Operation("GET", "/pets"),)
    seen = covered(native(tmp_path), command("pytest e2e", kind="host"), operations=declared)
    assert (seen.measure, seen.unseen_requests) == ("none", True)
    seen = covered(native(tmp_path), http("/pets"), command("true"), operations=declared)
    assert (seen.measure, seen.share, seen.unseen_requests) == ("operations", 1.0, False)


def test_routes_of_the_code_that_no_request_reached_are_named_with_their_place(tmp_path):
    code = "from flask import Flask\n\n@app.route('/a')\ndef a(): ...\n\n@app.get('/b/<x>')\ndef b(x): ...\n"
    image = SmallImage(tmp_path).packages(base=["/etc"]).starts("python3", WorkingDir="/app")
    image.file("/app/main.py", code).used("/app/main.py")
    seen = covered(image, http("/a"))
    assert (seen.measure, seen.share) == ("routes", 0.5)
    assert [(one.name, one.file, one.line) for one in seen.unreached_routes] == [
        ("GET /b/<x>", "/app/main.py", 6)
    ]
    assert covered(image, of("health")).routes.total == 0


def test_a_plan_of_what_was_traced_alone_measures_nothing(tmp_path):
    seen = covered(site(tmp_path), http("/"), keep="traced")
    assert "--keep traced" in seen.unmeasured


def test_ten_thousand_files_take_no_time(tmp_path):
    image = site(tmp_path)
    for number in range(3000):
        image.file(f"/app/many/{number}.py", "x").used(f"/app/many/{number}.py", probe=f"GET /{number}")
    tree, plan = image.tree, image.plan()
    began = time.process_time()
    seen = coverage_of(tree, plan, Trace("sha256:small", True, accesses=tuple(image.accesses)), ())
    assert seen.modules.used == 3002
    assert time.process_time() - began < 1
