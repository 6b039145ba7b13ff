"""Searches for regular expressions, as a process of its own: `python regex_child.py`.

Standard input is one JSON list a line: a pattern, texts, seconds. Each is answered by one line, of `find`.
Nothing but the standard library is imported, so that it starts fast.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import warnings
from typing import TypeAlias

Match: TypeAlias = "tuple[int, int, str, str | None, bool]"
"""Which text, where in it the match ends, the match, its first group, and whether the pattern has one."""


def find(pattern: str, texts: list[str]) -> Match | None:
    """The match in the first of `texts` that has one. Raises re.error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = re.compile(pattern)
    for index, text in enumerate(texts):
        if found := compiled.search(text):
            group = found[1] if compiled.groups else None
            return index, found.end(), found[0], group, compiled.groups > 0
    return None


def main() -> None:
    for line in sys.stdin:
        pattern, texts, seconds = json.loads(line)
        # nobody has to end this process: the signal does, whatever it is busy with: setitimer(2)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            answer: object = find(pattern, texts)
        except (re.error, RecursionError, OverflowError) as error:
            answer = str(error)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(answer), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
