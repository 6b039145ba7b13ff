"""When the probes reached next to nothing, and when they did not."""

from dataclasses import replace

import pytest
from covered import command, covered, ended, http, kinds, of
from small_image import SmallImage, compile_c

from slim.coverage.lives import Lived

PAGE = b"<h1>as it is</h1>"
DOCUMENT = http("/api.json", body=b'{"openapi": "3.1.0", "paths": {}}', found_by="openapi")


def python_site(folder, modules=2):
    image = SmallImage(folder).packages(base=["/etc"]).starts("python3", WorkingDir="/app")
    image.file("/app/static/index.html", PAGE)
    for number in range(modules):
        image.file(f"/app/m{number}.py", "x")
    return image.used("/app/m0.py").used("/app/m1.py").used("/app/static/index.html")


def native(folder):
    image = SmallImage(folder).packages(base=["/etc"]).starts("/app/serve", WorkingDir="/app")
    compile_c(image.host("/app/serve"))
    return image.executed("/app/serve")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return {
        "python": python_site(tmp_path_factory.mktemp("python")),
        "native": native(tmp_path_factory.mktemp("native")),
    }


@pytest.mark.parametrize(
    ("image", "exchanges", "kind"),
    [
        ("python", (), "unexercised"),
        ("python", (of("start"),), "unexercised"),
        ("python", (of("until"),), "unexercised"),
        ("python", (of("health"),), "liveness"),
        ("python", (of("tcp"),), "liveness"),
        ("python", (of("grpc"), http("/healthz")), "liveness"),
        ("python", (http("/api/v1/health"), http("/-/ready")), "liveness"),
        ("native", (command("redis-cli ping"), of("health")), "liveness"),
        ("native", (command("REDISCLI_AUTH=x redis-cli -p 7 PING | grep -q PONG"),), "liveness"),
        ("native", (command("/usr/bin/pg_isready -q && psql -c 'SELECT 1'"),), "liveness"),
        ("native", (command("tool --version", b"tool 1.2.3\n"),), "version"),
        ("native", (command("tool -V", b"tool 1.2.3\n"), command("tool --help", b"lots")), "version"),
        ("native", (command("tool -h", stderr=b"usage: tool\n"),), "version"),
        ("native", (ended(b"Usage: tool FILE\n"),), "version"),
        ("native", (command("tool help", b"one two three"),), "version"),
        ("python", (http("/", 404), http("/a", 403)), "errors"),
        ("python", (http("/", 302), http("/a", 301)), "redirects"),
        ("python", (http("/", 200, body=PAGE),), "static"),
        ("python", (http("/", 200, body=PAGE), http("/api", 404), of("health")), "static"),
        ("native", (http("/"), http("/?a=1"), of("tcp")), "home"),
        ("native", (http("/"), http("/robots.txt", 404, found_by="crawl")), "home"),
        ("native", (http("/"), http("/robots.txt", found_by="crawl")), "home"),
        ("python", (http("/health"), http("/", 404, found_by="crawl")), "liveness"),
        ("python", (http("/", 404, found_by="crawl"),), "errors"),
        ("python", (DOCUMENT, http("/pets", 401, found_by="openapi"), http("/health")), "errors"),
        ("python", (DOCUMENT, http("/health", found_by="openapi")), "liveness"),
    ],
)
def test_probes_that_reach_next_to_nothing(images, image, exchanges, kind):
    assert kinds(covered(images[image], *exchanges)) == [kind]


@pytest.mark.parametrize(
    ("image", "exchanges"),
    [
        ("python", (http("/"),)),
        ("python", (http("/", body=PAGE), http("/cart"))),
        ("python", (http("/health"), http("/cart"))),
        ("python", (http("/", 404), http("/a"))),
        ("python", (http("/", 302), http("/a"))),
        ("python", (http("/", 404), command("pytest e2e", kind="host"))),
        ("python", (of("tcp", body_size=4),)),
        ("native", (http("/"), http("/items"))),
        ("native", (http("/"), of("websocket"))),
        ("native", (command("redis-cli set a 1 && redis-cli ping"),)),
        ("native", (command("redis-cli -h host get ping"),)),
        ("native", (command("tool -v in.txt", b"1.2.3\n"),)),
        ("native", (command("tool -v", b"converted all files\n"),)),
        ("native", (command("tool --version && tool in.txt"),)),
        ("native", (command("echo 'half a quote"),)),
        ("native", (ended(b"3.14\n"),)),
        ("native", (ended(b"hello\n"),)),
    ],
)
def test_probes_that_may_have_reached_more(images, image, exchanges):
    assert kinds(covered(images[image], *exchanges)) == []


def test_a_program_that_ends_is_judged_by_what_it_was_started_with(images):
    assert kinds(covered(images["native"], ended(b"tool 3.14\n"), argv=("/app/tool", "--version"))) == [
        "version"
    ]
    assert kinds(covered(images["native"], ended(b"3.14\n"), argv=("/app/tool", "pi"))) == []


def test_every_path_that_leads_to_one_page_leads_to_a_login(images):
    led = [
        http("/login", redirects=("/login",), body=b"log in"),
        http("/login", redirects=("/login",), body=b"log in", method="POST"),
    ]
    assert kinds(covered(images["python"], *led)) == []  # both asked for one path
    led = [
        replace(http(path), url="/login?next=" + path, redirects=("/login",)) for path in ("/cart", "/orders")
    ]
    (found,) = covered(images["python"], *led).reached_little
    assert found.told == "every request was redirected to /login"


LOGIN = b"<form method=post><input name=p type='password'></form>"
STYLE = http("/s.css", headers=(("Content-Type", "text/css"),), found_by="crawl")


def test_a_crawl_that_got_no_farther_than_the_login_reached_little(images):
    home = replace(http("/", body=LOGIN), url="/login", redirects=("/login",))
    missing = http("/robots.txt", 404, found_by="crawl")
    assert kinds(covered(images["python"], home)) == ["redirects"]
    assert kinds(covered(images["python"], missing, home, STYLE)) == ["redirects"]
    assert kinds(covered(images["python"], missing, home, STYLE, http("/about", found_by="crawl"))) == []
    assert kinds(covered(images["python"], replace(home, body=b"<h1>Welcome</h1>"), STYLE)) == []
    assert kinds(covered(images["python"], http("/", body=LOGIN), STYLE)) == []


def test_one_life_that_does_something_is_enough(images):
    weak = Lived(("serve",), (of("health"),), "main")
    strong = Lived(("migrate",), (ended(b"3 tables\n"),), "migrate")
    assert kinds(covered(images["native"], lives=(weak, strong))) == []
    assert kinds(covered(images["native"], lives=(weak,))) == ["liveness"]


def test_a_life_that_may_idle_counts_only_where_there_is_no_other(images):
    worker = Lived(("work",), (of("start"),), "worker", idle=True)
    main = Lived(("serve",), (http("/"),), "main")
    assert kinds(covered(images["native"], lives=(main, worker))) == ["home"]
    (found,) = covered(images["native"], lives=(worker,)).reached_little
    assert found.told == "the run worker was only started"


def test_less_than_a_tenth_of_many_files_is_next_to_nothing(tmp_path):
    image = python_site(tmp_path, modules=21)
    (found,) = covered(image, http("/")).reached_little
    assert (found.kind, found.told) == ("files", "2 of 21 files of its code were used")
    assert kinds(covered(image.used("/app/m2.py"), http("/"))) == []


def test_secrets_of_commands_are_not_told(images):
    seen = covered(images["native"], command("redis-cli -a s3cret ping"), http("/health?token=s3cret"))
    assert kinds(seen) == ["liveness"]
    assert "s3cret" not in str(seen)


def server_of_a_package(folder, pages):
    image = SmallImage(folder).packages(httpd=["/usr/sbin/httpd", "/etc/httpd.conf"])
    compile_c(image.host("/usr/sbin/httpd"))
    image.starts("/usr/sbin/httpd", WorkingDir="/srv/www").executed("/usr/sbin/httpd").next_layer()
    for page in pages:
        image.file(f"/srv/www/{page}", "x")
    return image.used("/srv/www/index.html")


def test_a_server_of_one_page_is_exercised_by_asking_for_it(tmp_path):
    assert kinds(covered(server_of_a_package(tmp_path / "a", ["index.html"]), http("/"))) == []
    seen = covered(server_of_a_package(tmp_path / "b", ["index.html", "about.html"]), http("/"))
    assert kinds(seen) == ["home"]
    assert seen.unmeasured == "it is a native program of the package httpd"
    assert seen.unused_pages[0].files == ("about.html",)
