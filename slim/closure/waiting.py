"""Files that ask for nothing until what reads them is kept: sources for their interpreter."""

from __future__ import annotations

from slim.oci.path import ImagePath


class Waiting:
    """Holds paths back until they are released, and none after that."""

    def __init__(self) -> None:
        self._paths: list[ImagePath] = []
        self._over = False

    def holds(self, path: ImagePath) -> bool:
        """Whether `path` has to wait; then `release` will give it."""
        if not self._over:
            self._paths.append(path)
        return not self._over

    @property
    def is_over(self) -> bool:
        """Whether nothing has to wait any more."""
        return self._over

    def release(self) -> tuple[ImagePath, ...]:
        """All that waited, in the order in which they came, once; nothing waits from now on."""
        self._over = True
        waited, self._paths = tuple(self._paths), []
        return waited
