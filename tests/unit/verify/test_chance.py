"""Values that come by chance, as real programs print them: however they fall, they are no difference.

Seeded: the same 25 triples of two fat runs and a slim run on every machine.
"""

import base64
import json
import random
import string
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from runs import answer, judged, output, page

TIMES = 25


def raw(chance, size):
    return bytes(chance.randrange(256) for _ in range(size))


def text(chance, size, letters=string.ascii_letters + string.digits):
    return "".join(chance.choice(letters) for _ in range(size))


NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def moment(chance):
    return NOW + timedelta(seconds=chance.randrange(60))


def rack_session(chance):
    """Rack's: three parts of base64, percent-encoded, joined by `--`."""
    parts = (base64.b64encode(raw(chance, size)).decode() for size in (217, 12, 16))
    return "--".join(quote(part, safe="") for part in parts)


def jwt(chance):
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = json.dumps({"sub": "1", "iat": int(moment(chance).timestamp()), "jti": text(chance, 16)}).encode()
    rest = (base64.urlsafe_b64encode(one).decode().rstrip("=") for one in (body, raw(chance, 32)))
    return ".".join((head, *rest))


VALUES = {
    "uuid": lambda chance: str(uuid.UUID(bytes=raw(chance, 16), version=4)),
    "hex digest": lambda chance: raw(chance, 20).hex(),
    "short hex": lambda chance: raw(chance, 4).hex(),
    "base64": lambda chance: base64.b64encode(raw(chance, 64)).decode(),
    "short base64": lambda chance: base64.b64encode(raw(chance, 12)).decode(),
    "base64 for URLs": lambda chance: base64.urlsafe_b64encode(raw(chance, 32)).decode().rstrip("="),
    "percent-encoded": lambda chance: quote(base64.b64encode(raw(chance, 48)).decode(), safe=""),
    "rack session": rack_session,
    "jwt": jwt,
    "flask session": lambda chance: ".".join((text(chance, 60), text(chance, 6), text(chance, 27))),
    "django token": lambda chance: text(chance, 64),
    "letters": lambda chance: text(chance, 8, string.ascii_lowercase + string.digits + "_"),
    "number": lambda chance: str(chance.randrange(1, 100000)),
    "fraction": lambda chance: repr(chance.random()),
    "iso time": lambda chance: moment(chance).isoformat(),
    "time with microseconds": lambda chance: (
        moment(chance).replace(microsecond=chance.randrange(10**6)).isoformat()
    ),
    "http date": lambda chance: moment(chance).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "duration": lambda chance: f"{chance.randrange(1, 400) / 100:g} ms",
    "scientific": lambda chance: f"{chance.random() * 10 ** -chance.randrange(1, 9)!r}",
    "address in memory": lambda chance: hex(chance.randrange(1 << 40, 1 << 47)),
    "address of the container": lambda chance: f"172.17.0.{chance.randrange(2, 6)}",
    "host": lambda chance: raw(chance, 6).hex(),
}

PLACES = {
    "a line": lambda value: output(f"begin\nit is {value}, done\nend\n"),
    "a word": lambda value: output(f"{value}\n"),
    "JSON": lambda value: answer(
        json.dumps({"a": 1, "of": {"value": value}}), "Content-Type: application/json"
    ),
    "HTML": lambda value: page(
        f'<html><body><p>Hello</p><input type="hidden" name="t" value="{value}"><p>Bye</p></body></html>'
    ),
    "HTML text": lambda value: page(f"<html><body><p>It is {value} now</p></body></html>"),
    "a link": lambda value: page(f'<html><body><a href="/item/{value}?a=1">x</a></body></html>'),
    "a header": lambda value: page("<p>x</p>", f"X-Of: {value}"),
    "a cookie": lambda value: page("<p>x</p>", f"Set-Cookie: s={value}; path=/; HttpOnly"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", VALUES)
def test_no_alarm(kind, place):
    chance = random.Random(f"{kind} in {place}")
    for _ in range(TIMES):
        first, second, third = (PLACES[place](VALUES[kind](chance)) for _ in range(3))
        first, second, third = (replace(one, started=NOW.timestamp()) for one in (first, second, third))
        assert judged(first, second, slim=third).verified, (first, second, third)


@pytest.mark.parametrize(
    ("fats", "slim"),
    [
        (("/item/Ab3dEf6hIj9kLm2n+4", "/item/Zy8xWv5uTs2rQp7o/3"), "/login/Ab3dEf6hIj9kLm2n+4"),
        (("/item/Ab3dEf6hIj9kLm2n+4", "/item/Zy8xWv5uTs2rQp7o/3"), "/item/"),
        (("/srv/app/static/site.css", "/srv/app/static/site.css"), "/srv/app/static/main.css"),
        (("/usr/lib/x86_64-linux-gnu/libA1.so",) * 2, "/usr/lib/x86_64-linux-gnu/libB2.so"),
        (("at 172.17.0.2", "at 172.17.0.3"), "at 0.0.0.0 not found"),
        (("at 10.0.0.2",) * 2, "at 192.168.0.2"),
        (("is 8.1e-06", "is 7.2e-05"), "is nan"),
        (("1.2.3.4",) * 2, "1.2.3.5"),
    ],
)
def test_an_alarm_all_the_same(fats, slim):
    assert not judged(*map(output, fats), slim=output(slim)).verified
