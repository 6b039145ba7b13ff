"""The fat images keep their own promises: only then do the same checks say something of slim ones."""

from __future__ import annotations

import time

import pytest
from images.build import build, names, recipe
from images.started import Image

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", names())
def test_a_fat_image_passes_all_checks_that_its_slim_image_must_pass(name: str) -> None:
    results = recipe(name).beyond(Image(build(name)))
    assert [f"{check.name}: {check.detail}" for check in results if not check.ok] == []
    assert len(results) >= 8


def test_an_image_that_is_built_is_found_at_once() -> None:
    reference = build("static")
    build.cache_clear()
    started = time.monotonic()
    assert build("static") == reference
    assert time.monotonic() - started < 1


def test_the_c_image_is_as_fat_as_images_with_a_compiler_are() -> None:
    assert Image(build("c-hello")).size() > 300_000_000
