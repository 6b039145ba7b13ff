"""Rule: what su(1), sudo(8), login(1) and their kin start and load for a user.

Which shell, which policy's commands and which PAM modules follows from the tables of /etc, and a login
fails without any of them: pam(8) refuses everybody where a configured module is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.passwd import homes, shells
from slim.closure.rule import Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name
from slim.plan import Unresolved

RULE = "login"

SHELL_STARTERS = frozenset(
    {"su", "login", "sudo", "sudoedit", "runuser", "sshd", "newgrp", "sg",
     "cron", "crond", "atd", "machinectl", "doas", "in.telnetd", "dropbear"}
)  # fmt: skip
"""Programs that start the shell that passwd(5) gives a user."""

HOME_USERS = SHELL_STARTERS | frozenset(
    {"imap", "pop3", "lmtp", "dovecot-lda", "local", "virtual", "exim4", "exim", "procmail", "maildrop",
     "vsftpd", "proftpd", "pure-ftpd", "smbd"}
)  # fmt: skip
"""Programs that work in the home folder that passwd(5) gives a user: beside logins, mail and files."""

KEY_FILES = (
    ".ssh",
    ".ssh/authorized_keys",
    ".ssh/authorized_keys2",
    ".ssh/environment",
    ".ssh/rc",
    ".ssh/known_hosts",
)
"""What sshd(8) reads in the home folder of who logs in."""

START_FILES = (".profile", ".bash_profile", ".bash_login", ".bashrc", ".bash_logout")
"""What sh(1) and bash(1) read in the home folder when they start and end."""

SECURITY = (
    "/usr/lib/security",
    "/usr/lib64/security",
    "/lib/security",
    "/lib/*/security",
    "/usr/lib/*/security",
)
"""Where Linux-PAM looks for a module that is named without a folder; each distribution has one of them."""

_PAM = re.compile(r"^/(?:usr/lib|etc)/pam\.d/[^/]+$|^/etc/pam\.conf$")
_SUDOERS = re.compile(r"^/etc/sudoers(?:\.d/[^/]+)?$")
_MODULE = re.compile(r"(?<![\w.])((?:/[\w.+-]+)*/?pam_[\w-]+\.so)\b")
_COMMAND = re.compile(r"(?<![\w/.])(/[\w.+/@-]+)")


class LoginRule:
    """Shells of accounts, commands of sudoers(5), modules of pam.d(5), each for the kept file that asks."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of a program that starts shells, of a sudoers file, and of a PAM configuration."""
        if entry.kind is not Kind.FILE:
            return
        if name(path) in SHELL_STARTERS and entry.mode & 0o111:
            for shell in shells(context.tree):
                if context.reached(shell):
                    yield Need(shell, RULE, "the shell of an account: passwd(5)", path)
            yield from _homes(path, context, (*START_FILES, *KEY_FILES))
        elif name(path) in HOME_USERS and entry.mode & 0o111:
            yield from _homes(path, context, ())
        elif _SUDOERS.match(path):
            for command in _COMMAND.findall(_text(path, context)):
                reached = context.reached_file(command)
                if reached and context.tree[reached].mode & 0o111:
                    yield Need(command, RULE, "sudoers(5) allows it", path)
        elif _PAM.match(path):
            yield from _modules(path, context)


def _homes(path: ImagePath, context: Context, files: tuple[str, ...]) -> Iterator[Need]:
    for home in homes(context.tree):
        for read in (home, *(f"{home}/{file}" for file in files)):
            if context.reached(read):
                yield Need(read, RULE, "an account's home, and what is read there for its user", path)


def _modules(path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
    for module in dict.fromkeys(_MODULE.findall(_text(path, context))):
        places = [module] if module.startswith("/") else [f"{folder}/{module}" for folder in SECURITY]
        found = [each for place in places for each in context.tree.glob(place)]
        for each in found:
            yield Need(each, RULE, f"pam.d(5) names {module}", path)
        if not found:
            yield Unresolved(RULE, path, module, "no such PAM module in the image")


def _text(path: ImagePath, context: Context) -> str:
    lines = context.tree.read(path, 1 << 20).decode("utf-8", "surrogateescape").splitlines()
    return "\n".join(
        line for line in lines if not line.lstrip().startswith("#") or line.startswith("#include")
    )
