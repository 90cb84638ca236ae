"""The store: rows added once, merged, and refused in one sentence where a file is wrong."""

import json
import sqlite3
import subprocess
import sys
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING, fields, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.session import Activity
from hwsim.study import stored
from hwsim.study.store import Merged, Row, Store

ROW = Row(
    point="a" * 64,
    shard=0,
    sizes=(3, 2),
    energies=np.array([-1.0, -2.5, 0.1, 3.0, -7.0]),
    activity={"n_pbits": 4, "run_s": 1e-6, "reads": 1.0},
    facts={"exchange_rate": [0.25]},
)
FACTS = {
    "algorithm": "anneal",
    "area_m2": None,
    "chip": "generic-all-to-all",
    "clock": "poisson",
    "couplers": 4,
    "delay_s": 0.0,
    "grades": {},
    "independent": False,
    "parameters": {},
    "pbits": 4,
    "prices": {},
    "problem": "ring",
    "program": "c" * 40,
    "samples": ROW.point,
    "spins": 4,
    "target": None,
    "target_is_exact": False,
    "time_s": 1e-6,
    "wires_j": 0.0,
    "words": {},
}


def same(a, b):
    assert (a.point, a.shard, a.sizes, a.activity, a.facts) == (b.point, b.shard, b.sizes, b.activity, b.facts)
    np.testing.assert_array_equal(a.energies, b.energies)


def test_rows_come_back_as_they_were_and_count_once(tmp_path):
    with Store(tmp_path / "s.db") as store:
        store.add_points([(ROW.point, FACTS)])
        store.add(ROW, host_s=0.5)
        store.add(replace(ROW, energies=np.zeros(5)), host_s=9.0)
        store.add(replace(ROW, shard=1))
        (first, second) = store.rows()
        same(first, ROW)
        same(second, replace(ROW, shard=1))
        same(store.find(ROW.point, 1), second)
        assert store.find(ROW.point, 2) is None
        assert store.points() == {ROW.point: FACTS}
        assert store.host_seconds() == {ROW.point: 0.5}
        assert store.count() == (1, 2)
    assert not (tmp_path / "s.db-wal").exists()


def test_merging_is_a_union_and_twice_is_once(tmp_path):
    other = replace(ROW, point="b" * 64)
    with Store(tmp_path / "a.db") as a, Store(tmp_path / "b.db") as b:
        a.add(ROW)
        b.add(ROW)
        b.add(other)
        b.add_points([(other.point, FACTS | {"samples": other.point})])
        assert (a.merge(b).copied, a.count()[1]) == (1, 2)
        assert a.merge(b) == Merged(copied=0, differ=0, damaged=())
        assert [row.point for row in a.rows()] == [ROW.point, other.point]
        assert a.points() == {other.point: FACTS | {"samples": other.point}}
    with Store(tmp_path / "c.db") as c, Store(tmp_path / "a.db") as a:
        c.add(replace(ROW, energies=ROW.energies + 1))
        assert c.merge(a) == Merged(copied=1, differ=1, damaged=())
        np.testing.assert_array_equal(c.find(ROW.point, 0).energies, ROW.energies + 1)


def test_a_merge_that_is_stopped_changes_nothing(tmp_path, monkeypatch):
    filled(tmp_path / "a.db", rows=3)
    filled(tmp_path / "b.db", rows=9)
    left = [5]

    def stopping(*given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return True

    with Store(tmp_path / "a.db") as a, Store(tmp_path / "b.db") as b:
        with monkeypatch.context() as patched:
            patched.setattr("hwsim.study.store._is_whole", stopping)
            with pytest.raises(KeyboardInterrupt):
                a.merge(b)
        assert a.count()[1] == 3
        assert a.merge(b).copied == 6


def test_two_merges_at_once_are_a_union(tmp_path):
    for name, first in (("b", 0), ("c", 100)):
        with Store(tmp_path / f"{name}.db") as store:
            for shard in range(first, first + 40):
                store.add(replace(ROW, shard=shard))

    def merged(name):
        with Store(tmp_path / "all.db") as store, Store(tmp_path / f"{name}.db") as other:
            return store.merge(other).copied

    with ThreadPoolExecutor(4) as pool:
        copied = list(pool.map(merged, "bcbc"))
    assert sorted(copied) == [0, 0, 40, 40]
    with Store(tmp_path / "all.db") as store:
        assert [row.shard for row in store.rows()] == [*range(40), *range(100, 140)]


def test_stores_are_merged_and_read_row_by_row(tmp_path):
    """Together they may be larger than the memory."""
    draw, size = np.random.default_rng(1), 30_000
    with Store(tmp_path / "a.db") as a, Store(tmp_path / "b.db") as b:
        for shard in range(30):
            a.add(replace(ROW, shard=shard, sizes=(size,), energies=draw.normal(size=size)))
        tracemalloc.start()
        assert b.merge(a).copied == 30
        assert sum(len(row.energies) for row in b.rows()) == 30 * size
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 * 8 * size  # of 30 rows of 8 bytes a read


def test_a_store_that_is_kept_busy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.study.store._WAIT_S", 0.05)
    with Store(tmp_path / "s.db") as one, Store(tmp_path / "s.db") as other:
        one._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match=r"another program has kept the store .*s.db busy for more than 0.05 s"):
            other.add(ROW)
        one._db.execute("ROLLBACK")
        other.add(ROW)


def test_a_report_is_made_while_a_study_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with Store("s.db") as store:
        store.add_points([(ROW.point, FACTS)])
        store.add(ROW)
        store._db.execute("BEGIN IMMEDIATE")  # a study in the middle of a row
        store._db.execute("DELETE FROM rows")
        assert main(["report", "s.db", "--html", "r.html"]) == 0
        store._db.execute("ROLLBACK")
        assert store.count() == (1, 1)
    assert "ring" in Path("r.html").read_text()


def filled(path, rows=200):
    with Store(path) as store:
        for shard in range(rows):
            store.add(replace(ROW, shard=shard, sizes=(100,), energies=np.random.default_rng(shard).normal(size=100)))
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.7, 0.99])
def test_a_truncated_store_is_refused_and_left_as_it_is(tmp_path, share):
    path = tmp_path / "s.db"
    whole = filled(path)
    cut = whole[: int(share * len(whole))]
    path.write_bytes(cut)
    with pytest.raises(InputError, match=r"is empty|only a part|damaged"):
        Store(path)
    assert path.read_bytes() == cut


def test_a_damaged_page_is_refused(tmp_path):
    path = tmp_path / "s.db"
    whole = bytearray(filled(path))
    whole[8192:12288] = b"\xff" * 4096
    path.write_bytes(whole)
    with pytest.raises(InputError, match="damaged"):
        Store(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "s.db"
    sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.close()
    with pytest.raises(InputError, match="no store of hwsim study"):
        Store(path)
    path.write_text("problem = 'ring'\n" * 10)
    with pytest.raises(InputError, match="not a database"):
        Store(path)
    with pytest.raises(InputError, match="no such store"):
        Store(tmp_path / "none.db", create=False)
    with pytest.raises(InputError, match="cannot write"):
        Store(tmp_path / "none" / "s.db")
    (tmp_path / "t.db-wal").write_bytes(b"x")
    with pytest.raises(InputError, match="is missing, but its log"):
        Store(tmp_path / "t.db")
    filled(tmp_path / "v.db", rows=1)
    db = sqlite3.connect(tmp_path / "v.db")
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    with pytest.raises(InputError, match="version 99"):
        Store(tmp_path / "v.db")


def test_a_full_disk_is_one_sentence_and_keeps_what_is_there(tmp_path):
    path = tmp_path / "s.db"
    filled(path, rows=3)
    with Store(path) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InputError, match=r"no space is left for the store .*a rerun continues"):
            for shard in range(3, 400):
                store.add(
                    replace(ROW, shard=shard, sizes=(100,), energies=np.random.default_rng(shard).normal(size=100))
                )
        kept = store.count()[1]
        assert kept >= 3
    with Store(path) as store:
        assert store.count()[1] == kept
        store.add(replace(ROW, shard=10_000))


_AS_SOMEBODY = """
import os, sys
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.study.store import Merged, Row, Store
import numpy as np
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anything
try:
    with Store(sys.argv[1]) as store:
        store.add(Row(point="c", shard=0, sizes=(1,), energies=np.zeros(1), activity={}, facts={}))
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("folder_too", [True, False])
def test_a_read_only_store_is_one_sentence(folder_too):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "s.db"
        whole = filled(path, rows=2)
        path.chmod(0o444)
        folder.chmod(0o555 if folder_too else 0o777)
        told = subprocess.run([sys.executable, "-c", _AS_SOMEBODY, path], capture_output=True, text=True)
        folder.chmod(0o755)
        assert told.returncode == 0, told.stderr
        assert "cannot be written" in told.stdout and told.stdout.count("\n") == 1
        assert path.read_bytes() == whole


def changed(path, statement, *values):
    """Change a value of a store as no command does."""
    db = sqlite3.connect(path)
    db.execute(statement, values)
    db.commit()
    db.close()


def test_a_row_may_have_every_field_of_an_activity_and_no_other():
    required = {item.name: item.default is MISSING for item in fields(Activity)}
    assert {item.name: item.required for item in msgspec.structs.fields(stored._Activity)} == required


LOOKS = stored.text_of(stored.with_watched({}, {"looks": np.array([0]), "products": np.ones((2, 4))}))


@pytest.mark.parametrize("column", ["sizes", "energies", "activity", "facts"])
@pytest.mark.parametrize(
    "value", [b"\x00\xff", "{", "[]", "null", '{"watched": {"looks": {"shape": [9], "data": "x"}}}', LOOKS, 7]
)
def test_a_row_that_is_damaged_inside_is_named_and_the_rest_is_kept(tmp_path, column, value):
    path = tmp_path / "s.db"
    with Store(path) as store:
        store.add_points([(ROW.point, FACTS)])
        for shard in range(3):
            store.add(replace(ROW, shard=shard))
    changed(path, f"UPDATE rows SET {column} = ? WHERE shard = 1", value)
    with Store(path) as store, pytest.raises(InputError, match=r"shard 1 of the samples aaaa.* -o NEW.db copies"):
        list(store.rows())
    with Store(path) as store, Store(tmp_path / "new.db") as new:
        done = new.merge(store)
        assert (done.copied, done.damaged) == (2, ("shard 1 of the samples aaaaaaaaaaaa",))
        assert [row.shard for row in new.rows()] == [0, 2] and new.points() == {ROW.point: FACTS}
        new.add(replace(ROW, shard=1))
        assert store.merge(new).copied == 1  # a whole row replaces the damaged one
        assert [row.shard for row in store.rows()] == [0, 1, 2]


def test_a_watched_row_without_what_was_counted_is_named(tmp_path):
    whole = {"looks": np.array([3]), "products": np.ones((2, 4)), "states": np.arange(5)}
    with Store(tmp_path / "s.db") as store:
        assert store.watched(replace(ROW, watched=whole)) == whole
        for name, wrong in (("looks", np.array([0])), ("products", np.ones((3, 4))), ("states", np.arange(4) - 9)):
            for found in (whole | {name: wrong}, {key: whole[key] for key in whole if key != name}, {}):
                if name != "states" or name in found or not found:
                    with pytest.raises(InputError, match="damaged in shard 0 of the samples aaaa"):
                        store.watched(replace(ROW, watched=found))


LEARNT = {"kl": 0.1, "kl_error": 0.01, "kl_is_bound": False, "right": None, "device_s": 1.0}


@pytest.mark.parametrize("wrong", [{"kl_is_bound": 3}, {"kl": "x"}, {"device_s": -1.0}, {"kl": None}, None])
def test_a_training_that_is_damaged_inside_is_named(tmp_path, wrong):
    path = tmp_path / "s.db"
    facts = {key: LEARNT[key] for key in ("right", "device_s")} if wrong is None else LEARNT | wrong
    row = replace(ROW, sizes=(), energies=np.zeros(0), activity={}, facts=LEARNT)
    with Store(path) as store:
        store.add(row)
        assert store.learnt(row.point, row.shard, ["kl", "device_s"]) == LEARNT
        assert store.learnt(row.point, 7, ["kl"]) is None
    changed(path, "UPDATE rows SET facts = ?", json.dumps(facts))
    with Store(path) as store, pytest.raises(InputError, match=r"damaged in shard 0 of the samples aaaa"):
        store.learnt(row.point, row.shard, ["kl", "device_s"])


def test_names_that_are_no_text_are_left_out_of_a_merge(tmp_path):
    path = tmp_path / "s.db"
    with Store(path) as store:
        store.add_points([(ROW.point, FACTS)])
        for shard in range(2):
            store.add(replace(ROW, shard=shard), host_s=1.0)
    for table, column in (("points", "key"), ("rows", "point"), ("hosts", "point")):
        limit = "" if table == "points" else " WHERE shard = 0"
        changed(path, f"UPDATE {table} SET {column} = CAST(? AS TEXT){limit}", b"\xff\xfe")
    with Store(path) as store, Store(tmp_path / "new.db") as new:
        done = new.merge(store)
        assert (done.copied, len(done.damaged)) == (1, 2) and list(new.host_seconds()) == [ROW.point]
        with pytest.raises(InputError, match="damaged in the point"):
            store.points()


def test_a_name_of_a_table_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "s.db"
    whole = filled(path)
    path.write_bytes(whole.replace(b"hosts (", b"hosts \xc5"))
    with pytest.raises(InputError, match=r"damaged in the names of its tables; hwsim leaves it as it is$"):
        Store(path)


@pytest.mark.parametrize("facts", ["null", "[]", "{}", '{"words": 3}', "\x00", b"\xff"])
def test_a_point_that_is_damaged_inside_is_named(tmp_path, facts):
    path = tmp_path / "s.db"
    with Store(path) as store:
        store.add_points([(ROW.point, FACTS)])
    changed(path, "UPDATE points SET facts = ?", facts)
    with Store(path) as store, pytest.raises(InputError, match="damaged in the point aaaa"):
        store.points()


@pytest.mark.parametrize("how", ["same", "link", "hard link"])
def test_a_store_is_not_merged_with_itself(tmp_path, monkeypatch, capsys, how):
    monkeypatch.chdir(tmp_path)
    Store("a.db").close()
    other = "a.db" if how == "same" else "b.db"
    if how == "link":
        Path("b.db").symlink_to("a.db")
    elif how == "hard link":
        Path("b.db").hardlink_to("a.db")
    assert main(["merge", "a.db", other]) == 2
    assert f"{other} and a.db are one store" in capsys.readouterr().err
    assert main(["merge", "a.db", "--output="]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["merge", "a.db"]) == 2
    assert "merge needs another store" in capsys.readouterr().err
