"""What was put into the image on purpose: unowned files of layers in which no package came.

`COPY site /var/www/errors` makes a layer of its own. Where a layer brought no package, what no
package owns in it was wanted by whoever made the image, wherever it lies; caches and what
account tools write are not. Layers that brought packages also hold what those generated, so
nothing follows from them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from slim.closure.application import RULE
from slim.closure.application.ground import SYSTEM, is_below
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, is_under, name, parent
from slim.oci.tree import Outcome

WHY = "a layer that brought no package put it there"

_DATABASE = re.compile(
    r"/var/lib/dpkg/(status|info/[^/]*\.list|status\.d/.*)|/var/lib/apt/(lists/.*|extended_states)"
    r"|/var/cache/debconf/.*|/var/log/(dpkg\.log|apt/.*)|(/usr)?/lib/apk/db/.*|/etc/apk/world"
    r"|/var/lib/rpm/.*|/usr/lib/sysimage/rpm/.*"
)
"""What a package manager writes when a package comes or goes."""

_RPM = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")

_GENERATED = re.compile(
    r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?|/etc/\.pwd\.lock|/etc/ld\.so\.cache"
    r"|/etc/(hosts|hostname|resolv\.conf|mtab|machine-id)|/\.dockerenv"
    r"|(/usr)?/lib/apk(/.*)?|/etc/apk(/.*)?|/var/lib/(apt|dpkg|rpm|dnf|yum|ucf|pam|systemd)(/.*)?|/var/cache/(apt|apk|debconf|dnf|yum)(/.*)?"
    r"|/(dev|proc|sys|tmp)(/.*)?|/var/tmp(/.*)?|.*/(\.cache|\.npm|\.cargo/registry|\.m2/repository|\.gradle/caches)(/.*)?"
)
"""What tools write by the way, and accounts, which profiles keep where they are needed."""

_VOLATILE = ("/run", "/var/run", "/var/lock", "/var/log", "/var/cache")
"""What is in files there was written in passing; folders and links there were made on purpose."""

_LANGUAGE = re.compile(r".*/(site-packages|dist-packages|node_modules)(/.*)?")
"""The rules of languages decide about these."""

_SYSTEM = (*SYSTEM, "/nix", "/gnu")
"""In an image without a package database, what may be an operating system's own."""


def placed_needs(context: Context) -> Iterator[Need]:
    """Every file, link and folder that somebody put into the image on purpose."""
    layers = placing_layers(context)
    if not layers:
        return
    for entry in context.tree.entries():
        if entry.layer in layers and _is_placed(entry, context):
            yield Need(entry.path, RULE, WHY, part_of=Part.APPLICATION)


def placing_layers(context: Context) -> frozenset[int]:
    """The layers in which no package came, as far as the flattened image still tells: none holds a
    package manager's record, the greater part of a package's files, or a language runtime. Without
    records that slim can read, those above the last sign of a package manager and above the lowest."""
    tree, owners = context.tree, context.owners
    with_packages = {0}
    files: dict[Package, Counter[int]] = {}
    for entry in tree.entries():
        if entry.kind is Kind.DIRECTORY:
            continue
        if _DATABASE.fullmatch(entry.path):
            with_packages.add(entry.layer)
            if is_below(entry.path, _RPM):
                with_packages.update(range(entry.layer))
        if not is_under(entry.path, ImagePath("/etc")):
            package = owners.system_owner(entry.path)
            if package is not None and package.ecosystem is not Ecosystem.DPKG:
                files.setdefault(package, Counter())[entry.layer] += 1
    for layers in files.values():  # of dpkg's packages the lists say it: info/NAME.list
        layer, count = layers.most_common(1)[0]
        if 2 * count > layers.total():
            with_packages.add(layer)
    with_packages.update(tree[runtime.marker].layer for runtime in owners.runtimes)
    return frozenset(range(tree.layers)) - with_packages


def is_volatile(path: ImagePath) -> bool:
    """Whether files at `path` were written in passing, or by tools."""
    return _GENERATED.fullmatch(path) is not None or is_below(path, _VOLATILE)


def is_of_language(path: ImagePath) -> bool:
    """Whether `path` is in a folder of packages of a language."""
    return _LANGUAGE.fullmatch(path) is not None


def _is_placed(entry: Entry, context: Context) -> bool:
    path, owners = entry.path, context.owners
    if _GENERATED.fullmatch(path) or is_of_language(path):
        return False
    if not owners.has_system_packages and is_below(path, _SYSTEM):
        return False
    if entry.kind is Kind.DIRECTORY:  # one with content came about for that, which is decided by itself
        return not owners.is_package_folder(path) and (is_volatile(path) or not context.tree.children(path))
    if owners.owner(path) is not None:
        return False
    if entry.kind is Kind.SYMLINK:
        return _leads_to_no_package(path, context)
    return not (is_volatile(path) or _is_skeleton(entry, context))


def _leads_to_no_package(link: ImagePath, context: Context) -> bool:
    """A link to a package's file is another name of it: kept with it, and not its reason."""
    found = context.tree.resolve(link)
    return found.outcome is not Outcome.FOUND or not (
        context.owners.owner(found.path) is not None or context.owners.is_package_folder(found.path)
    )


def _is_skeleton(entry: Entry, context: Context) -> bool:
    """Whether useradd(8) copied it from /etc/skel into a new home folder."""
    model = context.tree.get(ImagePath(f"/etc/skel/{name(entry.path)}"))
    return model is not None and model.size == entry.size and parent(parent(entry.path)) == "/home"
