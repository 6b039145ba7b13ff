"""What use of a language package is: opening code of it is, asking about it is not."""

from __future__ import annotations

from slim.closure.packages.package import Ecosystem, Package
from slim.oci.path import ImagePath, name, parent

_METADATA = (".dist-info", ".egg-info")


def is_metadata(path: ImagePath) -> bool:
    """Whether `path` describes a Python distribution and is not part of its code."""
    return path.endswith(_METADATA) or name(parent(path)).endswith(_METADATA)


def is_code(path: ImagePath, package: Package) -> bool:
    """Whether opening `path` means that the package was used, rather than asked about."""
    if package.ecosystem is Ecosystem.NPM:
        return name(path) != "package.json"
    return not is_metadata(path) and not path.endswith(".pth")
