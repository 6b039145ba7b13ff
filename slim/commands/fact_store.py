"""Facts of parsed files, remembered on this machine between runs: one SQLite file.

Losing it costs time only, so nothing about it ever fails a run: where the file cannot be read,
written or trusted, there is no store, and `trouble` says why. Reads go on while slim works; all that
is new is written at the end, in one transaction. Runs at the same time share the file: SQLite locks
it, and who does not get the lock soon goes without.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

FORMAT = 1
"""In the file as `user_version`; another format is left alone."""
LIMIT = 1 << 28
"""Bytes of the file beyond which what was not used for longest goes."""
PATIENCE = 2.0
"""Seconds to wait for another run that is writing."""
FRESH = 86_400
"""Seconds within which another use is not noted anew: a write for every read would cost more than it
tells."""

_TABLE = """
CREATE TABLE IF NOT EXISTS facts (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, digest BLOB NOT NULL, used INTEGER NOT NULL,
    facts BLOB NOT NULL,
    UNIQUE (kind, digest))
"""


def facts_path(environment: Mapping[str, str]) -> Path | None:
    """Where the facts are: below $XDG_CACHE_HOME, or .cache of the home folder (XDG Base Directory
    Specification: a relative path there is ignored). None for a user without a home."""
    base = environment.get("XDG_CACHE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "slim" / "facts.sqlite"
    home = environment.get("HOME", "")
    return Path(home) / ".cache" / "slim" / "facts.sqlite" if home.startswith("/") else None


class SqliteFacts:
    """A FactStore (slim.closure.facts) in a file."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._new: dict[tuple[str, bytes], bytes] = {}
        self._stale: list[int] = []
        self._now = int(time.time())
        self.trouble = ""
        """Why there is no store, or why it was given up; empty where all is well."""
        self.hits = 0
        self._database = self._open()

    def get(self, kind: str, digest: bytes) -> bytes | None:
        """The facts of this kind of the content with this digest; None where it has none."""
        known = self._new.get((kind, digest))
        if known is not None or self._database is None:
            return known
        query = "SELECT id, used, facts FROM facts WHERE kind = ? AND digest = ?"
        try:
            row = self._database.execute(query, (kind, digest)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None or not isinstance(row[2], bytes):
            return None
        if row[1] < self._now - FRESH:
            self._stale.append(row[0])
        self.hits += 1
        return row[2]

    def put(self, kind: str, digest: bytes, facts: bytes) -> None:
        """Remember facts; they are written by `save`."""
        self._new[kind, digest] = facts

    def save(self) -> None:
        """Write what is new and note what was used."""
        if self._database is None or not (self._new or self._stale):
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._write(self._database)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            self._give_up(error)

    def close(self) -> None:
        """Let go of the file; what was not saved is forgotten."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            self.trouble = f"{self._path}: {error}"
            return None
        try:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                self.trouble = f"{self._path}: of another version of slim ({version})"
            elif version == 0:
                database.execute("BEGIN IMMEDIATE")
                database.execute(_TABLE)
                database.execute(f"PRAGMA user_version = {FORMAT}")
                database.execute("COMMIT")
        except sqlite3.Error as error:
            self._database = database
            self._give_up(error)
            return None
        if self.trouble:
            database.close()
            return None
        return database

    def _write(self, database: sqlite3.Connection) -> None:
        database.executemany(
            "UPDATE facts SET used = ? WHERE id = ?", ((self._now, number) for number in self._stale)
        )
        rows = ((kind, digest, self._now, facts) for (kind, digest), facts in self._new.items())
        database.executemany(
            "INSERT OR REPLACE INTO facts (kind, digest, used, facts) VALUES (?, ?, ?, ?)", rows
        )
        page = database.execute("PRAGMA page_size").fetchone()[0]
        while self._bytes(database, page) > self._limit:
            count = database.execute("SELECT count(*) FROM facts").fetchone()[0]
            oldest = "SELECT id FROM facts ORDER BY used, id LIMIT ?"
            database.execute(f"DELETE FROM facts WHERE id IN ({oldest})", (max(1, count // 4),))  # noqa: S608

    @staticmethod
    def _bytes(database: sqlite3.Connection, page: int) -> int:
        """Bytes in use: deleted pages are filled again before the file grows."""
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        free = database.execute("PRAGMA freelist_count").fetchone()[0]
        return int((pages - free) * page)

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on without the file. One that is damaged is removed, so that the next run has one again."""
        self.trouble = f"{self._path}: {error}"
        self.close()
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if damaged:
            with suppress(OSError):
                self._path.unlink()


@contextmanager
def remembered_facts(path: Path | None) -> Iterator[SqliteFacts | None]:
    """The store in `path`, saved when the block ends well; None for no path. After Ctrl-C nothing is
    written."""
    if path is None:
        yield None
        return
    store = SqliteFacts(path)
    try:
        yield store
        store.save()
    finally:
        store.close()
