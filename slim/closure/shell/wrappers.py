"""Programs that replace themselves by, or wait for, the command in their arguments: `env`, `sudo`, `tini` …

After the manual pages of those programs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

WRAPPERS: dict[str, tuple[str, int]] = {
    # program: one-letter options that take a value, operands before the command
    "builtin": ("", 0),
    "busybox": ("", 0),
    "catatonit": ("", 0),
    "chpst": ("uUbe/ocdfmnprstl", 0),
    "chroot": ("", 1),
    "chrt": ("TPD", 1),
    "command": ("", 0),
    "coproc": ("", 0),
    "dbus-run-session": ("", 0),
    "doas": ("uC", 0),
    "docker-init": ("epw", 0),
    "dumb-init": ("r", 0),
    "env": ("uC", 0),
    "exec": ("a", 0),
    "fakeroot": ("lsib", 0),
    "gosu": ("", 1),
    "ionice": ("cnpPu", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "nsenter": ("tSG", 0),
    "numactl": ("iNmpCl", 0),
    "runuser": ("ugG", 0),
    "s6-applyuidgid": ("ugG", 0),
    "s6-setuidgid": ("", 1),
    "setarch": ("", 1),
    "setpriv": ("", 0),
    "setsid": ("", 0),
    "setuidgid": ("", 1),
    "softlimit": ("adfmoprst", 0),
    "stdbuf": ("ioe", 0),
    "strace": ("aeEIoOpPsSuUbX", 0),
    "su-exec": ("", 1),
    "sudo": ("ugCDhpRrTtU", 0),
    "taskset": ("", 1),
    "time": ("fo", 0),
    "timeout": ("ks", 1),
    "tini": ("epw", 0),
    "tini-static": ("epw", 0),
    "unbuffer": ("", 0),
    "unshare": ("SGRw", 0),
    "xargs": ("adEILnPs", 0),
    "xvfb-run": ("enfpsw", 0),
}

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
"""A word before a command that gives a variable a value."""


def wrapped(program: str, rest: Sequence[str]) -> Sequence[str]:
    """The command among the arguments `rest` of the wrapper `program`; empty where there is none."""
    valued, operands = WRAPPERS[program]
    words = list(rest)
    while words:
        word = words[0]
        if program == "env" and (split := re.match(r"(?:-[iv0]*S|--split-string=?)(.*)", word, re.DOTALL)):
            text = split[1] or (words[1] if len(words) > 1 else "")
            words = [*_split(text), *words[1 if split[1] else 2 :]]
        elif word == "--":
            words.pop(0)
            break
        elif program in ("env", "sudo", "doas") and ASSIGNMENT.match(word):
            words.pop(0)
        elif word.startswith("-") and len(word) > 1:
            words.pop(0)
            if len(word) == 2 and word[1] in valued and words:
                words.pop(0)
        else:
            break
    while words and program in ("env", "sudo") and ASSIGNMENT.match(words[0]):
        words.pop(0)
    return words[operands:]


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
