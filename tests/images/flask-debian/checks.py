"""A Flask site on Debian's own Python, with gunicorn and a user who is not root."""

from __future__ import annotations

from images.flask_site import exercise
from images.started import Check, Image

PROBE_ARGUMENTS = ("--http-probe", "/")


def beyond(image: Image) -> list[Check]:
    return exercise(
        image, health=("python3", "health.py", "8000"), user="app", farewell="Shutting down: Master"
    )
