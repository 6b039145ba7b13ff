"""What the types of a probe file alone do not say of its texts: paths, methods, patterns, pointers, names."""

from __future__ import annotations

import re
import warnings

from probes.files.nodes import Problems
from probes.files.problems import Key

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""`token` of RFC 9110, section 5.6.2: methods and names of header fields."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_BAD_ESCAPE = re.compile(r"~(?![01])")


class Checks:
    """Each tells `problems` what is wrong with a text, and what would be right."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def path(self, text: str, key: Key) -> None:
        """Path and query of a request; it may begin with a `${variable}`."""
        if re.match(r"[a-zA-Z]+://", text):
            self.problems.add(
                key,
                f"{text!r} is a URL, but the container's address is known only when it runs",
                "write its path, and its port as a key of its own",
            )
        elif not text.startswith(("/", "${")):
            self.problems.add(key, f"{text!r} is not a path", f"write /{text}")
        elif "#" in text:
            remedy = "leave it out, or write %23 for a # that belongs to the path"
            self.problems.add(key, "what follows # is never sent to a server", remedy)
        elif any(character.isspace() or not character.isprintable() for character in text):
            cause = "a path holds no blanks and no control characters"
            self.problems.add(key, cause, "write it percent-encoded, such as %20 for a space")

    def method(self, text: str, key: Key) -> None:
        """A request's method: RFC 9110, section 9."""
        if not TOKEN.fullmatch(text):
            self.problems.add(key, f"{text!r} is no HTTP method", "write GET, POST, PUT …")
        elif text.upper() == "CONNECT":
            self.problems.add(key, "CONNECT asks a proxy for a tunnel", "use a websocket or tcp step")

    def headers(self, headers: dict[str, str], key: Key) -> None:
        """Names and values of header fields: RFC 9110, section 5."""
        for name, value in headers.items():
            self.header_name(name, (*key, name))
            if any(character in value for character in "\r\n\0"):
                self.problems.add((*key, name), "the value has more than one line", "write it in one line")

    def header_name(self, name: str, key: Key) -> None:
        """The name of a header field."""
        if not TOKEN.fullmatch(name):
            self.problems.add(key, f"{name!r} is no header field's name", "write a name such as accept")

    def regex(self, text: str, key: Key) -> None:
        """A regular expression, as Python's re understands it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            remedy = "mend it; a backslash takes a special character as it is"
            self.problems.add(key, f"{text!r} is no regular expression: {error}", remedy)

    def pointer(self, text: str, key: Key) -> None:
        """A JSON Pointer: RFC 6901, section 3."""
        if text and not text.startswith("/"):
            path = text.removeprefix("$").strip(".").replace(".", "/").replace("[", "/").replace("]", "")
            self.problems.add(key, f"{text!r} is no JSON Pointer (RFC 6901)", f"write /{path}")
        elif _BAD_ESCAPE.search(text):
            self.problems.add(key, f"{text!r} is no JSON Pointer (RFC 6901)", "write ~0 for ~, and ~1 for /")

    def variable(self, name: str, key: Key) -> None:
        """The name of a variable."""
        if not VARIABLE.fullmatch(name):
            cause = f"{name!r} cannot be the name of a variable"
            self.problems.add(key, cause, "use letters, digits, `_`, `.` and `-`, and a letter first")

    def command(self, text: str, key: Key) -> None:
        """A shell command line."""
        if not text.strip():
            self.problems.add(key, "the command line is empty", "write one")
        elif "\0" in text:
            self.problems.add(key, "the command line holds a NUL character", "leave it out")
