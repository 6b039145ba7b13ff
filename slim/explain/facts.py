"""What is known of a dropped path: the facts that remedies.toml speaks of, each with its values.

| fact | holds where | values |
|---|---|---|
| file, folder, no-folder | it is a regular file; a folder; anything else than a folder | |
| program, no-program | it is a file that may be executed; it is not | |
| shell | the fat image has /bin/sh, which probes are given to | |
| excluded | an --exclude of the plan matches it | pattern: the first that does |
| needed, not-needed | and something asked for it; nothing did | |
| profile | a profile's drop took it out | profile |
| package | it is a file of a package that --keep-package can name | package, package_files |
| package-used | a file of that package was observed, which `--keep package`, not given yet, goes by | |
| system-package | the package is the distribution's | |
| python-module | it is a module of Python in site-packages or dist-packages | module |
| node-package | it lies in a node_modules folder | |
| keep-traced | the plan was made with --keep traced | |

`glob`, `quoted` and `quoted_inside` are always there: the path as a glob for itself, as a word for a shell,
and for quotation marks inside of single ones.
"""

from __future__ import annotations

import re
import shlex
from itertools import pairwise

from slim.closure.packages.package import Ecosystem
from slim.closure.profile.glob import Globs
from slim.explain.saved import Saved
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome

_PROFILE = re.compile(r".* \(profile (?P<profile>[^()]+)\)", re.DOTALL)
"""The end of what a profile's drop gives for its reason."""
_MODULE = re.compile(r".*/(?:site|dist)-packages/(?P<module>[\w/]+?)(?:/__init__)?\.py")
_SYSTEM = frozenset({Ecosystem.DPKG.value, Ecosystem.APK.value, Ecosystem.RPM.value})
NOTHING_ASKED = "(and nothing asked for it)"
"""The end of what a plan says of what --exclude drops for no loss."""
_COMPILED = re.compile(r".*/__pycache__/[^/]+\.pyc", re.DOTALL)
_WILD = re.compile(r"([*?\[])")
_SHELL = "/bin/sh"

Facts = dict[str, dict[str, str]]
"""Fact → its values."""


def facts_of(path: ImagePath, saved: Saved) -> Facts:
    """All facts about `path`, which the image holds and the plan drops."""
    entry = saved.tree[path]
    inside = re.sub(r"([\"'\\])", r"\\\1", path)
    found: Facts = {"": {"glob": literal(path), "quoted": shlex.quote(path), "quoted_inside": inside}}
    found["folder" if entry.kind is Kind.DIRECTORY else "no-folder"] = {}
    if entry.kind is Kind.FILE:
        found["file"] = {}
        found["program" if entry.mode & 0o111 else "no-program"] = {}
        if module := _MODULE.fullmatch(path):
            found["python-module"] = {"module": module["module"].replace("/", ".")}
        if "/node_modules/" in path:
            found["node-package"] = {}
    if saved.tree.resolve(_SHELL).outcome is Outcome.FOUND:
        found["shell"] = {}
    return found | _of_plan(path, saved) | _of_package(path, saved)


def literal(path: str) -> str:
    """A glob that matches `path` alone."""
    return _WILD.sub(r"[\1]", path)


def excluded_by(path: ImagePath, saved: Saved) -> str:
    """The first --exclude of the plan that matches `path` or a folder that it is in; empty for none."""
    words = saved.plan.options
    patterns = (value for option, value in pairwise(words) if option == "--exclude")
    for pattern in patterns:
        if Globs([pattern, f"{pattern.rstrip('/')}/**"], saved.tree).match(path):
            return pattern
    return ""


def _of_plan(path: ImagePath, saved: Saved) -> Facts:
    found: Facts = {}
    if pattern := excluded_by(path, saved):
        found["excluded"] = {"pattern": pattern}
        unasked = saved.plan.dropped[path].endswith(NOTHING_ASKED)
        found["not-needed" if unasked else "needed"] = {}
    if profile := _PROFILE.fullmatch(saved.plan.dropped[path]):
        found["profile"] = profile.groupdict()
    words = saved.plan.options
    if ("--keep", "traced") in pairwise(words):
        found["keep-traced"] = {}
    return found


def _of_package(path: ImagePath, saved: Saved) -> Facts:
    owner = saved.plan.owners.get(path)
    if owner is None or (owner.ecosystem in _SYSTEM and _COMPILED.fullmatch(path)):
        return {}  # byte code that was made on installation is in no list of the package
    files = saved.of_package[owner]
    found: Facts = {"package": {"package": str(owner), "package_files": f"{len(files):,}"}}
    is_given = ("--keep", "package") in pairwise(saved.plan.options)
    if not is_given and any(saved.is_observed(one) for one in files):
        found["package-used"] = {}
    if owner.ecosystem in _SYSTEM:
        found["system-package"] = {}
    return found
