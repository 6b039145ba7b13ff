"""The same Flask site on a Python under /usr/local that no package owns, packages from PyPI."""

from __future__ import annotations

from images.flask_site import exercise
from images.started import Check, Image

PROBE_ARGUMENTS = ("--http-probe", "/")


def beyond(image: Image) -> list[Check]:
    health = ("/bin/sh", "-c", "python3 health.py 8000")
    return exercise(image, health=health, user="web", farewell="Serving on http://0.0.0.0:8000")
