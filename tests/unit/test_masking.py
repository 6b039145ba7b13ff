"""What looks like a secret, or is known to be one, is in no output."""

import base64
import time

import pytest

from slim.report.masking import Secrets, tells_of_a_secret

BY_PLACE = [
    ("GET /login?token=abc123&next=/x", "GET /login?token=***&next=/x"),
    ("/cb?access_token=abc&x=1 → /y", "/cb?access_token=***&x=1 → /y"),
    ("user=bob&password=foo%20bar", "user=bob&password=***"),
    ('{"password": "a b\\"c", "user": "x"}', '{"password": "***", "user": "x"}'),
    ('{\\"token\\": \\"abc\\"}', '{\\"token\\": \\"***\\"}'),
    ("api_key: 'foo bar'", "api_key: '***'"),
    ("Authorization: Bearer abc.def", "Authorization: ***"),
    ("curl -H 'Cookie: sid=abc' http://u:p@host/", "curl -H 'Cookie: ***' http://u:***@host/"),
    ("curl -u bob:hunter http://host", "curl -u bob:*** http://host"),
    ("postgres://app:pa55@db/shop", "postgres://app:***@db/shop"),
    ("prog --password foo --verbose", "prog --password *** --verbose"),
    ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
    ('PASS=abc {"pass": "abc"}', 'PASS=*** {"pass": "***"}'),
    ("SECRET_KEY_BASE=abc", "SECRET_KEY_BASE=***"),
    ("sent Basic Ym9iOnB3MTIzNDU= twice", "sent Basic *** twice"),
    (
        '<input type="hidden" name="csrfmiddlewaretoken" value="abc">',
        '<input type="hidden" name="csrfmiddlewaretoken" value="***">',
    ),
    (
        "<input value=abc name=csrf_token>",
        "<input value=*** name=csrf_token>",
    ),
]

HARMLESS = [
    "max_tokens: 15",
    "tokenizer=bert",
    "/app/token.py: opened",
    "monkey=3 key=4 primary_key=5 public_key=6",
    "POSTGRES_PASSWORD_FILE=/run/secret",
    "basic authentication required",
    "author=me, compass=north",
    "it does not pass: healthcheck exited with code 1",
    "http://localhost:8000/a@b",
]


@pytest.mark.parametrize(("text", "shown"), BY_PLACE)
def test_what_stands_in_a_telling_place_is_masked(text, shown):
    assert Secrets().text(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_tells_no_secret_stays(text):
    assert Secrets().text(text) == text


@pytest.mark.parametrize("text", [shown for _, shown in BY_PLACE])
def test_masking_twice_is_masking_once(text):
    assert Secrets().text(text) == text


def test_a_known_secret_is_masked_wherever_and_however_it_occurs():
    secrets = Secrets()
    secrets.learn_named((("DB_PASSWORD", 'p&ß "q'), ("NAME", "shop")))
    raw = 'p&ß "q'
    encoded = base64.b64encode(raw.encode()).decode()
    for text in (
        f"cannot log in with {raw}!",
        "Location: /login?next=p%26%C3%9F%20%22q",
        "sent p%26%C3%9F+%22q",
        'logged {"x": "p&\\u00df \\"q"}',
        f"env: {encoded}",
    ):
        shown = Secrets.text(secrets, text)
        assert "***" in shown, text
        assert raw not in shown
        assert encoded not in shown
    assert secrets.text("the shop is open") == "the shop is open"


def test_a_login_is_known_in_the_form_in_which_it_is_sent():
    secrets = Secrets()
    secrets.learn_login("bob", "hunter22")
    assert (
        secrets.text("refused Ym9iOmh1bnRlcjIy from bob, who is hunter22")
        == "refused *** from bob, who is ***"
    )


def test_a_secret_of_several_lines_is_masked_line_by_line_too():
    secrets = Secrets(["-----BEGIN KEY-----\nMIIabc\nMIIdef\n-----END KEY-----"])
    assert secrets.text("  2 | MIIabc\n  3 | MIIdef") == "  2 | ***\n  3 | ***"


def test_the_longer_secret_is_masked_before_one_that_it_contains():
    assert Secrets(["secret", "secret-and-more"]).text("x secret-and-more y") == "x *** y"


def test_short_and_ordinary_values_are_no_secrets():
    secrets = Secrets(["abc", "true", "    "])
    assert secrets.text("abc is true    here") == "abc is true    here"


@pytest.mark.parametrize("value", ["/tmp", "/run/secrets/db", "8080", "root", "Admin", "postgres", "https"])
def test_what_stands_everywhere_is_masked_only_beside_its_name(value):
    secrets = Secrets()
    secrets.learn_named([("DB_PASSWORD", value)])
    told = f"https://root@localhost:8080/admin/ postgres /tmp/{value}/x DB_PASSWORD="
    assert secrets.text(f"{told}{value}") == f"{told}***"


@pytest.mark.parametrize("value", ["/9j4AAQSkZJRgAB", "123456", "admin1", "tmp/x", "root:toor"])
def test_what_is_only_like_an_ordinary_value_is_masked(value):
    assert Secrets([value]).text(f"it is {value}.") == "it is ***."


def test_cookies_keep_name_and_attributes_and_other_credentials_nothing():
    secrets = Secrets()
    assert secrets.header("Set-Cookie", "sid=abc; Path=/; HttpOnly") == "sid=***; Path=/; HttpOnly"
    for name in ("authorization", "Cookie", "X-Api-Key", "X-CSRF-Token", "Proxy-Authorization"):
        assert secrets.header(name, "abc def") == "***"
    assert secrets.header("Location", "/cb?code=1&token=abc") == "/cb?code=1&token=***"
    assert secrets.header("Content-Type", "text/html") == "text/html"


def test_the_word_after_a_telling_option_is_masked():
    assert Secrets().words(("serve", "--password", "abc", "--token=x", "--port", "80")) == (
        "serve", "--password", "***", "--token=***", "--port", "80",
    )  # fmt: skip


def test_bytes_that_are_no_text_lose_known_secrets():
    assert Secrets(["hunter22"]).data(b"\x00\xffhunter22\x00") == b"\x00\xff***\x00"


def test_the_beginning_of_a_secret_at_a_cut_is_masked():
    secrets = Secrets(["hunter22-longer"])
    assert secrets.without_cut_secret("it is hunter22") == "it is ***"
    assert secrets.without_cut_secret("it is hunt") == "it is ***"
    assert secrets.without_cut_secret("it is hun") == "it is hun"


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "password", "PASSWD", "client_secret", "AWS_SECRET_ACCESS_KEY"]
)
def test_names_that_tell(name):
    assert tells_of_a_secret(name)


def test_the_working_folder_is_no_password():
    assert not tells_of_a_secret("PWD") and not tells_of_a_secret("OLDPWD")
    assert tells_of_a_secret("pwd") and tells_of_a_secret("DB_PWD")


@pytest.mark.parametrize("unit", ["a", "<input ", "token ", "http://", "password", '{"a":"', "authorization"])
def test_hostile_text_takes_no_time(unit):
    begin = time.monotonic()
    Secrets(["hunter22"]).text(unit * (65536 // len(unit)))
    assert time.monotonic() - begin < 5
