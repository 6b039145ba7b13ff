"""Who the image's USER is; passwd(5)."""

from __future__ import annotations

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


def _accounts(tree: Tree) -> list[list[str]]:
    found = tree.resolve("/etc/passwd")
    if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
        return []
    lines = tree.read(found.path).decode("utf-8", "surrogateescape").splitlines()
    return [fields for fields in (line.split(":") for line in lines) if len(fields) >= 7]
