"""Secrets never leave slim: what passwords, tokens and cookies look like, and what takes their place.

Two ways find them. By place: credentials in header fields (RFC 9110, RFC 6265), in URLs (RFC 3986), and
what stands beside a telling name in queries, forms, JSON, command lines and environments. By value: what
was given or captured under a telling name is masked wherever it occurs, also encoded.
Only what is shown or written is masked; comparisons see what was sent and received.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

MASK = "***"
LEAST = 4
"""Characters that a known secret has at least: shorter ones occur by chance everywhere."""
_NO_SECRET = re.compile(
    r"true|false|none|null|required|optional|disabled|enabled|default|auto|https?|localhost"
    r"|root|admin|administrator|user|guest|anonymous|test|demo|example|dev|development|production|debug|info"
    r"|postgres|postgresql|mysql|mariadb|redis|mongo|rabbitmq|minio"
    r"|\d{1,5}|/(?:app|bin|data|dev|etc|home|lib|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)"
    r"(?:/[\w.\-]+)*/?|\s+",
    re.IGNORECASE,
)
"""What a variable called PASSWORD may say without being one, or being one that everybody knows; a number such
as a port; a path. They stand in so many places that nothing could be read without them: they are masked
beside the name only."""

_TELLING = (
    r"[\w.\-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|csrf|xsrf|credential|api[_\-]?key)[\w.\-]{0,40}"
    r"|[\w.\-]{0,60}token(?:[_\-]\w{0,8})?|[\w.\-]{1,60}[_\-](?:key|pass)"
    r"|pass(?=\\?[\"']\s*:|=)"
    r"|authorization|session[_\-]?id"
)
_NAME = re.compile(_TELLING, re.IGNORECASE)
_HARMLESS = re.compile(
    r".*[_\-](?:file|path|dir|url|type|length|count|ttl|expiry|expires)"
    r"|(?:.*[_\-])?(?:public|primary|foreign|sort|cache|partition)[_\-]key"
    r"|(?-i:(?:OLD)?PWD)",  # the working folder: POSIX.1-2017, Environment Variables
    re.IGNORECASE,
)
_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "www-authenticate",
        "authentication-info",
        "x-api-key",
        "x-auth-key",
    }
)
_COOKIE_NAME = re.compile(r"\s*([^=;]+)=[^;]*(.*)", re.DOTALL)

_QUOTED = r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?"
_BESIDE = re.compile(
    rf"(?<![\w.\-])(?P<name>{_TELLING})(?P<mark>\\?[\"']?\s*(?:=|:)\s*)"
    rf"(?P<value>\\\"(?:[^\"\\]|\\[^\"])*(?:\\\")?|{_QUOTED}|[^\s&;,\"'<>)\]}}\\]+)",
    re.IGNORECASE,
)
"""`password=x`, `"token": "x"`, `csrf_token='x'`, also where the quotes are escaped."""
_OPTION = re.compile(
    rf"(?<!\S)(?P<name>--?(?:{_TELLING}))(?P<mark>[ =])(?P<value>{_QUOTED}|(?!-)\S+)", re.IGNORECASE
)
"""`--password x`."""
_FIELD = re.compile(
    r"(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(?P<mark>[\"']?\s*:\s*[\"']?)"
    r"(?P<value>[^\r\n\"']+)",
    re.IGNORECASE,
)
"""A header field in text: `Authorization: Bearer x`, to the end of the line or of the quotes."""
_SCHEME = re.compile(r"\b(?P<name>bearer)(?P<mark>\s+)(?P<value>[A-Za-z0-9\-._~+/]{8,}=*)", re.IGNORECASE)
_BASIC = re.compile(r"\bbasic\s+([A-Za-z0-9+/\-_]{4,}={0,2})", re.IGNORECASE)
_USERINFO = re.compile(
    r"(?<![a-z0-9+.\-])(?P<name>[a-z][a-z0-9+.\-]*://[^/\s:@]*)(?P<mark>:)(?P<value>[^/\s@]+)(?=@)",
    re.IGNORECASE,
)
_CURL_USER = re.compile(r"(?<!\S)(?P<name>(?:-u|--user)[ =]?[\"']?[^\s:\"']+)(?P<mark>:)(?P<value>[^\s\"']+)")
_HIDDEN_FIELD = re.compile(r"<(?:input|meta)\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\b(name|id|value|content)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)


def tells_of_a_secret(name: str) -> bool:
    """Whether what is called `name` (a variable, parameter, field, member) is to be masked."""
    telling = _NAME.fullmatch(name) or name.lower() == "pass"
    return bool(telling) and not _HARMLESS.fullmatch(name)


class Secrets:
    """The secrets that are known, of which more come to be known while probes capture them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self.learn(values)

    def learn(self, values: Iterable[str]) -> None:
        """Mask these too: as they are, line by line, percent-encoded, in JSON, and in base64."""
        before = len(self._forms)
        for value in values:
            for part in dict.fromkeys((value, value.strip(), *value.splitlines())):
                if len(part) >= LEAST and not _NO_SECRET.fullmatch(part):
                    self._forms.update(dict.fromkeys(_forms(part)))
        if len(self._forms) != before:
            longest_first = sorted(self._forms, key=lambda one: (-len(one), one))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def learn_named(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Mask the values of those variables whose names tell of a secret."""
        self.learn(value for name, value in pairs if tells_of_a_secret(name))

    def learn_login(self, user: str, password: str) -> None:
        """Mask the password of RFC 7617, and both together as they are sent."""
        self.learn((password, base64.b64encode(f"{user}:{password}".encode()).decode()))

    def text(self, text: str) -> str:
        """`text` without secrets, whatever it is: a log line, a body, a command line, an error."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        for pattern in (_FIELD, _SCHEME, _USERINFO, _CURL_USER):
            text = pattern.sub(rf"\g<name>\g<mark>{MASK}", text)
        text = _BASIC.sub(_basic, text)
        text = _HIDDEN_FIELD.sub(_hidden, text)
        for pattern in (_OPTION, _BESIDE):
            text = pattern.sub(_beside, text)
        return text

    def header(self, name: str, value: str) -> str:
        """A header field's value; of a cookie that is set, its name and attributes stay."""
        if name.lower() == "set-cookie" and (found := _COOKIE_NAME.fullmatch(value)):
            return f"{found[1]}={MASK}{self.text(found[2])}"
        if name.lower() in _HEADERS or tells_of_a_secret(name):
            return MASK
        return self.text(value)

    def words(self, argv: Sequence[str]) -> tuple[str, ...]:
        """A command's words; the word after `--password` is one."""
        masked: list[str] = []
        hide = False
        for word in argv:
            masked.append(MASK if hide and not word.startswith("-") else self.text(word))
            hide = word.startswith("-") and "=" not in word and tells_of_a_secret(word.lstrip("-"))
        return tuple(masked)

    def data(self, data: bytes) -> bytes:
        """Bytes that are no text: the known secrets in them are replaced."""
        for form in sorted(self._forms, key=len, reverse=True):
            data = data.replace(form.encode("utf-8", "surrogateescape"), MASK.encode())
        return data

    def without_cut_secret(self, text: str) -> str:
        """`text`, which was cut off at its end, without the beginning of a known secret there."""
        longest = 0
        for form in self._forms:
            for length in range(min(len(form) - 1, len(text)), LEAST - 1, -1):
                if text.endswith(form[:length]):
                    longest = max(longest, length)
                    break
        return text[: len(text) - longest] + MASK if longest else text


def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogateescape")
    in_json = json.dumps(secret)[1:-1]
    encoded = (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode())
    quoted = (quote(raw, safe=""), quote_plus(raw), quote(raw))
    return (secret, *quoted, in_json, json.dumps(secret, ensure_ascii=False)[1:-1], *encoded)


def _beside(found: re.Match[str]) -> str:
    name, mark, value = found["name"], found["mark"], found["value"]
    if not tells_of_a_secret(name.lstrip("-")) or value == MASK:
        return found[0]
    for opening in ('\\"', '"', "'"):
        if value.startswith(opening):
            closing = opening if value.endswith(opening) and len(value) > len(opening) else ""
            return f"{name}{mark}{opening}{MASK}{closing}"
    return f"{name}{mark}{MASK}"


def _basic(found: re.Match[str]) -> str:
    """Basic credentials, which decode to `user:password`; "basic authentication" does not."""
    try:
        decoded = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_")
    except ValueError:
        return found[0]
    return f"{found[0][: found.start(1) - found.start()]}{MASK}" if b":" in decoded else found[0]


def _hidden(found: re.Match[str]) -> str:
    """An HTML field, as `<input type=hidden name=csrf value=x>`: the value beside a telling name."""
    attributes = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(found[0])}
    if not any(tells_of_a_secret(attributes.get(key, "")) for key in ("name", "id")):
        return found[0]

    def masked(one: re.Match[str]) -> str:
        if one[1].lower() not in ("value", "content"):
            return one[0]
        edge = one[2][0] if one[2][0] in "\"'" else ""
        return f"{one[1]}={edge}{MASK}{edge}"

    return _ATTRIBUTE.sub(masked, found[0])
