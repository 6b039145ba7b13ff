"""Who the image's USER is; passwd(5), group(5)."""

from __future__ import annotations

from collections.abc import Iterator

from slim.oci.entry import Kind
from slim.oci.tree import Outcome, Tree


def home_of(user: str, tree: Tree) -> str:
    """The home folder that the image's /etc/passwd gives `user` (a config's USER: name or number,
    a group after a colon); root's for an empty one, empty where the file does not know it."""
    wanted = user.partition(":")[0] or "0"
    for fields in _accounts(tree):
        if wanted in (fields[0], fields[2]) and fields[5].startswith("/"):
            return fields[5]
    return ""


def shells(tree: Tree) -> tuple[str, ...]:
    """The programs that the image's /etc/passwd starts for its users, sorted; those of accounts that
    only run one command (`sync`) are not shells."""
    named = {fields[6].strip() for fields in _accounts(tree)}
    return tuple(sorted(shell for shell in named if shell.startswith("/") and not shell.endswith("/sync")))


def homes(tree: Tree) -> tuple[str, ...]:
    """The home folders of the accounts that somebody can log in to, sorted."""
    found = {
        fields[5] for fields in _accounts(tree)
        if fields[5].startswith("/") and not fields[6].strip().endswith(("/nologin", "/false", "/sync"))
    }  # fmt: skip
    return tuple(sorted(found))


def account_files(user: str, tree: Tree) -> Iterator[str]:
    """The files that an engine reads to start a process as `user` (as for `home_of`) of whom the image knows
    more than the number: a name's number; a user's group, and the groups that he is a member of where none is
    given. Of root it needs nothing."""
    login, _, group = user.partition(":")
    account = next((one for one in _accounts(tree) if login in (one[0], one[2])), None)
    if login not in ("", "0") and account:
        yield "/etc/passwd"
    groups = [fields for fields in _fields("/etc/group", tree) if len(fields) >= 4]
    member = account and not group and any(account[0] in fields[3].strip().split(",") for fields in groups)
    if (login not in ("", "0") and member) or any(group == fields[0] for fields in groups):
        yield "/etc/group"


def _accounts(tree: Tree) -> list[list[str]]:
    return [fields for fields in _fields("/etc/passwd", tree) if len(fields) >= 7]


def _fields(table: str, tree: Tree) -> list[list[str]]:
    """The lines of a table of /etc, none where there is no such file."""
    found = tree.resolve(table)
    if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
        return []
    lines = tree.read(found.path).decode("utf-8", "surrogateescape").splitlines()
    return [line.split(":") for line in lines]
