"""The store of a study: one SQLite file of points and rows. It grows by whole rows and never changes one.

Enters: points and rows. Leaves: the same, in order. The content hash of its samples and the number of its shard name a
row, so a row that two processes or two files add is stored once.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.files import replacing
from hwsim.study.stored import (
    DamagedError,
    check_learnt,
    check_watched,
    facts_of,
    name_of,
    packed,
    row_of,
    text_of,
    with_watched,
)

APPLICATION_ID = 0x68777374
VERSION = 2
"""Since version 2 rows are named by what they sample, and each point names the rows it uses."""
_WAIT_S = 60.0
_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged store raises: the latter where sqlite3 would quote a name that is no text."""
_ROW = "point, shard, sizes, energies, activity, facts"
_ADD_ROW = "INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?, ?, ?)"
_TABLES = """
CREATE TABLE IF NOT EXISTS points (key TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
  point TEXT NOT NULL, shard INTEGER NOT NULL, sizes TEXT NOT NULL, energies BLOB NOT NULL, activity TEXT NOT NULL,
  facts TEXT NOT NULL, PRIMARY KEY (point, shard)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hosts (
  point TEXT NOT NULL, shard INTEGER NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (point, shard)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One shard of the samples that one or several points use.

    point : the key that names the samples;  sizes : reads of each schedule
    energies : float64 (reads,), in the order of the schedules
    activity : what one run asked of the machine;  facts : rates and the like, by name
    watched : int arrays of what was counted of the states, by name, where the point was watched
    """

    point: str
    shard: int
    sizes: tuple[int, ...]
    energies: np.ndarray
    activity: dict[str, float]
    facts: dict[str, Any]
    watched: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a merge did. copied : rows;  differ : rows that both stores have, and not alike;  damaged : what was left
    out of the other store, in words"""

    copied: int
    differ: int
    damaged: tuple[str, ...]


class Store:
    """A connection to the file ``path``; a context manager closes it. Every change is a transaction."""

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path = Path(path)
        if create and not self.path.exists():
            _make(self.path)
        _check_file(self.path)
        try:
            self._db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        except sqlite3.Error as error:
            raise InputError(f"cannot open the store {self.path}: {error}") from None
        self._db.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")  # damaged text is named later
        try:
            self._check()
        except _ERRORS as error:
            self._db.close()
            raise _refused(self.path, error) from None
        except InputError:
            self._db.close()
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Fold the log into the file and close it."""
        with suppress(*_ERRORS):  # another process is at work, or the disk is full: the log stays beside the file
            self._db.execute("PRAGMA busy_timeout = 0")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def _check(self) -> None:
        (kind,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if kind != APPLICATION_ID:
            raise InputError(f"{self.path} is a database, but no store of hwsim study: give --store another name")
        if version != VERSION:
            raise InputError(
                f"{self.path} is a store of version {version}, whose rows are named by an older hash of their program; "
                f"this hwsim reads version {VERSION}: give --store another name"
            )
        (state,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise InputError(f"the store {self.path} is damaged ({state}); hwsim leaves it as it is")
        self._db.execute("PRAGMA synchronous = FULL")

    def add_points(self, points: Iterable[tuple[str, dict[str, Any]]], *, replace: bool = True) -> None:
        """Add ``points``, each (key, facts). replace : whether they replace stored points of the same samples, whose
        prices may have changed; rows do not depend on prices, so they stay."""
        listed = list(points)
        named = [(key, text_of(facts)) for key, facts in listed]
        with self._change():
            if replace:
                samples = {facts.get("samples", key) for key, facts in listed}
                old = [(key,) for key, facts in self.points().items() if facts["samples"] in samples]
                self._db.executemany("DELETE FROM points WHERE key = ?", old)
            self._db.executemany("INSERT OR IGNORE INTO points VALUES (?, ?)", named)

    def add(self, row: Row, *, host_s: float | None = None) -> None:
        """Add ``row``, unless the store has it."""
        noted = text_of(with_watched(row.facts, row.watched))
        columns = (text_of(list(row.sizes)), packed(row.energies, "<f8"), text_of(row.activity), noted)
        with self._change():
            self._db.execute(_ADD_ROW, (row.point, row.shard, *columns))
            if host_s is not None:
                self._db.execute("INSERT OR IGNORE INTO hosts VALUES (?, ?, ?)", (row.point, row.shard, host_s))

    def points(self) -> dict[str, dict[str, Any]]:
        """Facts of all points by key. Raises InputError where one is damaged."""
        found = {}
        for key, facts in self._read("SELECT key, facts FROM points ORDER BY key"):
            try:
                found[name_of(key)] = facts_of(facts)
            except DamagedError:
                raise self._damaged(f"the point {str(key)[:12]}") from None
        return found

    def rows(self, point: str | None = None) -> Iterator[Row]:
        """All rows, or those of ``point``, in order of point and shard. Raises InputError where one is damaged."""
        query = (
            f"SELECT {_ROW} FROM rows" + (" WHERE point = ?" if point is not None else "") + " ORDER BY point, shard"
        )
        for row in self._each(query, () if point is None else (point,)):
            yield self._row(row)

    def find(self, point: str, shard: int) -> Row | None:
        """The row of one shard, or None."""
        found = self._read(f"SELECT {_ROW} FROM rows WHERE point = ? AND shard = ?", (point, shard))
        return self._row(found[0]) if found else None

    def host_seconds(self) -> dict[str, float]:
        """Seconds of this computer that the shards of each point took, summed."""
        found = self._read("SELECT point, SUM(seconds) FROM hosts GROUP BY point")
        return {str(key): float(seconds) for key, seconds in found if isinstance(seconds, int | float)}

    def count(self) -> tuple[int, int]:
        """(points, rows)."""
        return self._read("SELECT (SELECT COUNT(*) FROM points), (SELECT COUNT(*) FROM rows)")[0]  # type: ignore

    def merge(self, other: "Store") -> Merged:
        """Copy what ``other`` has and this store lacks, in one transaction. Where both have a row, this store keeps its
        own, unless that is damaged; what is damaged in ``other`` is left out. Raises InputError."""
        if other.path.samefile(self.path):
            raise InputError(f"{other.path} and {self.path} are one store: merging it with itself changes nothing")
        copied = differ = 0
        damaged: list[str] = []
        with self._change():
            for key, facts in other._read("SELECT key, facts FROM points"):
                if _is_whole(name_of, key) and _is_whole(facts_of, facts):
                    self._db.execute("INSERT OR IGNORE INTO points VALUES (?, ?)", (key, facts))
                else:
                    damaged.append(f"the point {str(key)[:12]}")
            for row in other._each(f"SELECT {_ROW} FROM rows"):
                if not (_is_whole(name_of, row[0]) and _is_whole(row_of, *row[2:])):
                    damaged.append(_named(row))
                    continue
                own = self._read(f"SELECT {_ROW} FROM rows WHERE point = ? AND shard = ?", row[:2])
                if own and own[0] != row and _is_whole(row_of, *own[0][2:]):
                    differ += 1
                elif not own or own[0] != row:
                    self._db.execute(_ADD_ROW.replace("IGNORE", "REPLACE"), row)
                    copied += 1
            hosts = other._read("SELECT point, shard, seconds FROM hosts")
            named = [row for row in hosts if _is_whole(name_of, row[0])]
            self._db.executemany("INSERT OR IGNORE INTO hosts VALUES (?, ?, ?)", named)
        return Merged(copied=copied, differ=differ, damaged=tuple(damaged))

    def watched(self, row: Row) -> dict[str, np.ndarray]:
        """What was counted of the states of ``row``, whose point was watched; see `check_watched`. Raises InputError
        where that is damaged."""
        try:
            check_watched(row.watched, row.sizes)
        except DamagedError:
            raise self._of_another_kind(_named((row.point, row.shard))) from None
        return row.watched

    def learnt(self, point: str, shard: int, numbers: Sequence[str]) -> dict[str, Any] | None:
        """The facts of one training, or None. numbers : that it must have. Raises InputError for a damaged one."""
        found = self.find(point, shard)
        if found is None:
            return None
        try:
            check_learnt(found.facts, numbers)
        except DamagedError:
            raise self._of_another_kind(_named((point, shard))) from None
        return found.facts

    def _row(self, columns: tuple[Any, ...]) -> Row:
        try:
            return Row(point=name_of(columns[0]), shard=columns[1], **row_of(*columns[2:]))
        except DamagedError:
            raise self._damaged(_named(columns)) from None

    def _damaged(self, what: str) -> InputError:
        """What to say of a value that is not what a store holds."""
        return InputError(
            f"{self.path} is damaged in {what}: hwsim merge {self.path} -o NEW.db copies all that is whole, and the "
            "study makes the rest again with --store NEW.db"
        )

    def _of_another_kind(self, what: str) -> InputError:
        """What to say of a row that is whole and lacks what its point asks for: a merge would copy it."""
        return InputError(f"{self.path} is damaged in {what}, which lacks numbers: give --store another name")

    def _read(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except _ERRORS as error:
            raise _refused(self.path, error) from None

    def _each(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """As `_read`, one at a time: rows may be larger than the memory."""
        try:
            yield from self._db.execute(query, values)
        except _ERRORS as error:
            raise _refused(self.path, error) from None

    def _change(self) -> "_Change":
        return _Change(self._db, self.path)


class _Change:
    """A transaction: it happens whole, or not at all and with an InputError."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except _ERRORS as error:
            raise _refused(self._path, error) from None

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            if error is None:
                self._db.execute("COMMIT")
                return
        except _ERRORS as failed:
            error = failed
        if self._db.in_transaction:
            with suppress(*_ERRORS):  # SQLite may have rolled back already
                self._db.execute("ROLLBACK")
        if isinstance(error, _ERRORS):
            raise _refused(self._path, error) from None


def _make(path: Path) -> None:
    """Make an empty store at ``path``. It is written beside it and then linked, so that nobody sees half a store; a
    store that another process has just made there stays."""
    if Path(f"{path}-wal").exists():
        raise InputError(f"{path} is missing, but its log {path}-wal exists: bring the store back, or move the log")
    try:
        with replacing(path, keep=True) as part:
            db = sqlite3.connect(part, isolation_level=None)
            try:
                db.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {VERSION}")
                db.execute("COMMIT")  # into the file itself: of a log, a full disk would keep a part in silence
                db.execute("PRAGMA journal_mode = WAL")
            finally:
                db.close()
    except sqlite3.Error as error:
        raise _refused(path, error) from None


def _check_file(path: Path) -> None:
    """Raise InputError unless ``path`` is a database."""
    if path.exists() and not path.is_file():
        raise InputError(f"cannot open the store {path}: it is no regular file")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise InputError(f"no such store: {path}") from None
    except OSError as error:
        raise InputError(f"cannot read the store {path}: {error.strerror}") from None
    if head != b"SQLite format 3\0":
        what = "is empty" if not head else "is not a database, or only a part of one"
        raise InputError(f"{path} {what}: give the store another name, or remove that file")


def _refused(path: Path, error: Exception) -> InputError:
    """What went wrong, in one sentence; the rows in the store stay."""
    if isinstance(error, UnicodeDecodeError):
        return InputError(f"the store {path} is damaged in the names of its tables; hwsim leaves it as it is")
    code = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if code.startswith("SQLITE_FULL"):
        return InputError(f"no space is left for the store {path}; it keeps what was finished, and a rerun continues")
    if code.startswith("SQLITE_READONLY") or code.startswith("SQLITE_CANTOPEN"):
        return InputError(f"the store {path} cannot be written: the file or its folder is read-only")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return InputError(f"the store {path} is damaged ({text}); hwsim leaves it as it is")
    if code.startswith("SQLITE_BUSY"):
        return InputError(f"another program has kept the store {path} busy for more than {_WAIT_S:g} s")
    if code.startswith("SQLITE_IOERR"):
        return InputError(
            f"the disk refuses the store {path} ({text}); it keeps what was finished, and a rerun continues"
        )
    return InputError(f"the store {path}: {text}")


def _named(row: tuple[Any, ...]) -> str:
    """A row of the table in words."""
    return f"shard {str(row[1])[:12]} of the samples {str(row[0])[:12]}"


def _is_whole(reader: Callable[..., Any], *columns: Any) -> bool:
    """Whether ``reader`` takes these columns."""
    try:
        reader(*columns)
    except DamagedError:
        return False
    return True
