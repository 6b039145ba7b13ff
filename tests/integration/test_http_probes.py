"""HTTP probes, and groups of probes, against real applications in containers."""

from __future__ import annotations

import signal
import subprocess
import time

import psutil
import pytest
from exercised import http_server

from probes.exercise.exchange import Result
from probes.exercise.model import ExecProbe, HostProbe, HttpProbe, TcpProbe, Together
from probes.exercise.parts import Body, Capture, Expect, Upload
from probes.exercise.runner import exercise, failures
from slim.errors import Interrupted

pytestmark = pytest.mark.engine

TOKEN = Capture("csrf", "html", "csrfmiddlewaretoken")
LOGIN_PAGE = HttpProbe("GET", "/admin/login/", captures=(TOKEN,))
LOGIN = HttpProbe(
    "POST",
    "/admin/login/?next=/admin/",
    body=Body(
        fields=(
            ("csrfmiddlewaretoken", "${csrf}"),
            ("username", "${user}"),
            ("password", "${password}"),
        )
    ),
    expect=Expect(status=(200,), body=("Welcome,\\s+<strong>${user}</strong>",)),
)
CREATE = ExecProbe(
    'DJANGO_SUPERUSER_PASSWORD="$password" python manage.py createsuperuser --noinput '
    '--username "$user" --email ada@shop.example'
)
ADA = {"user": "ada", "password": "lovelace1815"}


def django(start):
    return start("gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi", image="django", exposed=(8000,))


def test_a_form_login_with_a_csrf_token_and_a_session(start):
    inside = HttpProbe("GET", "/admin/catalog/product/", expect=Expect(body=("Select product",)))
    done = exercise((CREATE, LOGIN_PAGE, LOGIN, inside), django(start), variables=ADA)
    assert failures(done.exchanges) == ()
    _, page, login, products = done.exchanges
    assert login.redirects == ("/admin/",)
    sent = dict(login.sent.headers)
    assert "csrftoken=" in sent["cookie"]
    assert b"password=lovelace1815" in login.sent.body
    assert "sessionid=" in dict(products.sent.headers)["cookie"]
    assert page.probe == "GET /admin/login/"


def test_the_same_login_without_its_parts_fails_and_says_why(start):
    session = django(start)
    wrong = exercise((LOGIN_PAGE, LOGIN), session, variables={**ADA, "password": "wrong"})
    assert [one.result for one in wrong.exchanges] == [Result.ANSWERED, Result.UNEXPECTED]
    assert "expected a body that matches /Welcome" in wrong.exchanges[1].detail
    no_token = exercise((HttpProbe("GET", "/"), LOGIN), session, variables=ADA).exchanges[1]
    assert (no_token.result, no_token.sent) == (Result.UNEXPECTED, None)
    assert no_token.detail == (
        "not sent: the variable ${csrf} was neither given nor captured (known: password, user)"
    )
    lost = exercise((LOGIN_PAGE, LOGIN), session, variables={**ADA, "csrf": "x"})
    assert failures(lost.exchanges[:1]) == (), "what is captured replaces what was given"
    forged = HttpProbe("POST", "/admin/login/", body=Body(fields=(("username", "ada"),)))
    refused = exercise((LOGIN_PAGE, forged), session).exchanges[1]
    assert (refused.status, refused.passed) == (403, True)


def test_a_token_from_a_cookie_in_a_header_and_an_upload(start):
    page = HttpProbe("GET", "/upload/", captures=(Capture("token", "cookie", "csrftoken"),))
    upload = HttpProbe(
        "POST",
        "/upload/",
        headers=(("X-CSRFToken", "${token}"),),
        body=Body(uploads=(Upload("file", "map.txt", b"here be dragons\n", "text/plain"),)),
        expect=Expect(
            status=(200,),
            headers=(("content-type", "^application/json"),),
            json=(("/size", "16"), ("/type", '"text/plain"')),
        ),
        captures=(Capture("file", "json", "/name"),),
    )
    done = exercise((page, upload, ExecProbe('test "$file" != ""')), django(start))
    assert failures(done.exchanges) == ()
    assert dict(done.variables)["file"].startswith("map")


TLS_SERVER = """\
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -keyout /tmp/key -out /tmp/certificate 2>/dev/null &&
exec gunicorn --bind 0.0.0.0:8443 --certfile /tmp/certificate --keyfile /tmp/key site_app:app
"""


def tls_server(start):
    return start("sh", "-c", TLS_SERVER, exposed=(8443,))


def test_a_port_that_speaks_only_tls_is_found_out_once(start):
    probes = (HttpProbe("GET", "/"), HttpProbe("GET", "/"), HostProbe("echo $SLIM_URL; curl -fsk $SLIM_URL/"))
    done = exercise(probes, tls_server(start))
    assert failures(done.exchanges) == ()
    assert sum(said.endswith("speaks TLS") for said in start.said) == 1
    address = done.exchanges[2].body.split()[0].decode()
    assert address.startswith("https://") and address.endswith(":8443")
    assert exercise((), tls_server(start)).exchanges[0].status == 200, "found without any probe"


def test_a_host_probe_alone_is_given_the_scheme_too(start):
    (exchange,) = exercise((HostProbe("curl -fsk $SLIM_URL/"),), tls_server(start)).exchanges
    assert exchange.passed, exchange.stderr


def test_a_certificate_that_must_be_valid_and_is_not_fails(start):
    done = exercise((HttpProbe("GET", "/", tls=True, verify=True),), tls_server(start))
    assert failures(done.exchanges) == (
        "GET / was answered, but not as expected: its certificate is not valid: self-signed certificate",
    )


NGINX = """\
events {}
http {
    access_log /dev/stdout;
    types { text/html html; }
    server {
        listen 8080 http2;
        listen 8443 ssl http2;
        ssl_certificate /tmp/certificate;
        ssl_certificate_key /tmp/key;
        location /how { return 200 "$server_protocol $scheme $host $request_method"; }
        location /go { return 307 /how; }
        location / { return 204; }
    }
}
"""


def nginx(start, tmp_path, exposed):
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    make = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    )
    subprocess.run((*make, "-keyout", key, "-out", certificate), check=True, capture_output=True)
    texts = {"nginx.conf": NGINX, "certificate": certificate.read_text(), "key": key.read_text()}
    write = "".join(f"cat > /tmp/{name} <<'END'\n{text}\nEND\n" for name, text in texts.items())
    serve = "exec nginx -c /tmp/nginx.conf -g 'daemon off; pid /tmp/pid;'"
    return start("sh", "-c", write + serve, image="nginx", exposed=exposed)


def test_http2_with_and_without_tls(start, tmp_path):
    small, large = Body(b"x" * 30_000, "text/plain"), Body(b"x" * 900_000, "text/plain")
    probes = (
        HttpProbe("POST", "/go", port=8443, tls=True, http2=True, body=small),
        HttpProbe("POST", "/go", port=8443, tls=True, body=large, title="an answer before the body was sent"),
        HttpProbe("GET", "/how", port=8080, http2=True, headers=(("Host", "shop.example"),)),
    )
    done = exercise(probes, nginx(start, tmp_path, (8080, 8443)))
    assert failures(done.exchanges) == ()
    assert [one.body for one in done.exchanges] == [
        b"HTTP/2.0 https localhost POST", b"HTTP/1.1 https localhost POST", b"HTTP/2.0 http shop.example GET"
    ]  # fmt: skip
    assert done.exchanges[0].redirects == ("/how",)


def test_a_server_that_answers_plain_requests_by_asking_for_tls(start, tmp_path):
    session = nginx(start, tmp_path, (8443,))
    done = exercise((HttpProbe("GET", "/how"), HttpProbe("GET", "/how", http2=True)), session)
    assert [one.body for one in done.exchanges] == [
        b"HTTP/1.1 https localhost GET", b"HTTP/2.0 https localhost GET"
    ]  # fmt: skip
    assert done.port == 8443


WAITING_FOR_ALL = """
import http.server, threading
together = threading.Barrier(3)
answers = {"/a": 0.2, "/b": 0.1, "/c": 0}
import time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path in answers:
            together.wait(8)
            time.sleep(answers[self.path])
        self.send_response(200)
        self.send_header("Set-Cookie", "last=" + self.path[1:])
        body = (self.headers.get("Cookie") or "none").encode() + b" " + self.path.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def test_a_group_is_sent_at_the_same_time_and_told_in_order(start):
    named = tuple(
        HttpProbe("GET", f"/{name}", captures=(Capture("last", "regex", "/(.)"),)) for name in "abc"
    )
    after = HttpProbe("GET", "/after/${last}")
    done = exercise((HttpProbe("GET", "/d"), Together(named, "three"), after), start.python(WAITING_FOR_ALL))
    assert failures(done.exchanges) == ()
    assert [one.body for one in done.exchanges] == [
        b"none /d", b"last=d /a", b"last=d /b", b"last=d /c", b"last=c /after/c"
    ]  # fmt: skip
    assert start.marked == ["GET /d", "three", "GET /after/${last}"]


def test_a_group_of_several_kinds(start):
    group = Together(
        (
            HttpProbe("GET", "/"),
            ExecProbe("echo inside"),
            HostProbe("curl -fs $SLIM_URL/x"),
            TcpProbe(8000, b"GET /tcp HTTP/1.0\r\n\r\n", expect=Expect(body=("/tcp on",))),
            HttpProbe("GET", "/error"),
        )
    )
    done = exercise((group,), start.python(http_server()))
    assert [(one.kind, one.passed) for one in done.exchanges] == [
        ("http", True), ("exec", True), ("host", True), ("tcp", True), ("http", False)
    ]  # fmt: skip
    assert [one.sent.line for one in done.exchanges] == [
        "GET /", "echo inside", "curl -fs $SLIM_URL/x", "tcp 8000", "GET /error"
    ]  # fmt: skip
    assert len(start.marked) == 1


def test_a_group_under_which_the_container_dies(start):
    done = exercise(
        (Together((HttpProbe("GET", "/die"), HttpProbe("GET", "/"))),), start.python(http_server())
    )
    killed = done.exchanges[0]
    assert (killed.result, killed.exit_code) == (Result.DIED, 7)


def test_an_interrupted_group_leaves_no_command_behind(start, tmp_path):
    def interrupt(number, frame):
        raise Interrupted(number)

    command = f"echo $$ > {tmp_path}/pid; sleep 1000"
    group = Together((HostProbe(command), HttpProbe("GET", "/")))
    before = signal.signal(signal.SIGALRM, interrupt)
    session = start.python(http_server())
    exercise((HttpProbe("GET", "/"),), session)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(Interrupted):
            exercise((group,), session)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


UNWELL_AT_FIRST = """
import http.server
tries = 0

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global tries
        tries += 1
        self.send_response(503 if tries < 3 else 200)
        self.end_headers()
        self.wfile.write(b"warm" if tries > 3 else b"cold")

http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def test_a_probe_is_sent_again_until_it_is_answered_as_expected(start):
    probe = HttpProbe("GET", "/", expect=Expect(body=("warm",)), retries=5)
    (exchange,) = exercise((probe,), start.python(UNWELL_AT_FIRST)).exchanges
    assert (exchange.passed, exchange.attempts, exchange.body) == (True, 4, b"warm")


def test_a_probe_that_never_passes_tells_how_often_it_was_tried(start):
    probe = HttpProbe("GET", "/", expect=Expect(body=("hot",)), retries=2)
    (exchange,) = exercise((probe,), start.python(UNWELL_AT_FIRST)).exchanges
    assert (exchange.result, exchange.attempts) == (Result.UNEXPECTED, 3)


def test_a_probe_has_a_timeout_of_its_own(start):
    never = "import socket, time; s = socket.create_server(('0.0.0.0', 8000)); time.sleep(60)"
    begin = time.monotonic()
    (exchange,) = exercise((HttpProbe("GET", "/", timeout=0.5),), start.python(never)).exchanges
    assert (exchange.result, time.monotonic() - begin < 8) == (Result.TIMED_OUT, True)


def test_an_expected_server_error_passes(start):
    probe = HttpProbe("GET", "/error", expect=Expect(status=(500,)))
    assert failures(exercise((probe,), start.python(http_server())).exchanges) == ()


def test_commands_have_the_variables_in_their_environment(start):
    probes = (
        HttpProbe("GET", "/item", captures=(Capture("where", "regex", "on (.*)"),)),
        ExecProbe('echo "$where $user"'),
        HostProbe('echo "${where} ${user}"'),
    )
    done = exercise(probes, start.python(http_server()), variables={"user": "a b"})
    assert [one.body for one in done.exchanges[1:]] == [b"8000 a b\n", b"8000 a b\n"]


def test_a_command_may_be_expected_to_fail(start):
    probes = (
        ExecProbe("echo no; exit 3", expect=Expect(exit_code=3, body=("^no",))),
        HostProbe("exit 4", expect=Expect(exit_code=5)),
    )
    done = exercise(probes, start.python(http_server()))
    assert failures(done.exchanges) == (
        "host exit 4 was answered, but not as expected: expected exit code 5, got 4",
    )


def test_of_a_probe_that_passed_and_was_cut_that_is_told(start):
    probes = ExecProbe("head -c 9000000 /dev/zero"), ExecProbe("true"), HttpProbe("GET", "/")
    found = exercise(probes, start.python(http_server()))
    assert failures(found.exchanges) == ()
    assert found.notes == ("exec head -c 9000000 /dev/zero: output past 8 MiB was thrown away",)
