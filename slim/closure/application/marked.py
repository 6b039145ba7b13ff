"""Which kept files are the application: read back from the reasons of a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slim.closure.application import RULE
from slim.oci.path import ImagePath
from slim.plan import Plan

_PACKAGED = re.compile(
    r"package (\S+) (is the application|has the application's)|.*application's package alone"
)
"""What `packaged` says of files of a package of the distribution."""


@dataclass(frozen=True)
class Marked:
    """The application's kept paths, in sorted order."""

    own: tuple[ImagePath, ...]
    """Of no package."""
    packaged: tuple[ImagePath, ...]
    """Of a package of the distribution that the image is for."""
    program: ImagePath | None
    """The program of that package which the image starts."""
    package: str
    """That package's name; empty where there is none."""


def marked(plan: Plan) -> Marked:
    """The application in `plan`; empty for a plan of `--keep traced`, which knows none."""
    own: list[ImagePath] = []
    packaged: list[ImagePath] = []
    program, package = None, ""
    for path, reasons in plan.kept.items():
        for reason in reasons:
            if reason.rule != RULE:
                continue
            if said := _PACKAGED.match(reason.detail):
                packaged.append(path)
                if program is None and reason.source is not None:
                    program, package = reason.source, said[1] or ""
            else:
                own.append(path)
            break
    return Marked(tuple(own), tuple(packaged), program, package)
