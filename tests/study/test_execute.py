"""Studies: the same rows from any workers and after any failure, and a stop where the interval is narrow enough."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.interrupt import children
from hwsim.study.execute import WorkersLostError, execute
from hwsim.study.plan import Stop, build
from hwsim.study.store import Store
from hwsim.study.summed import table
from hwsim.study.tally import Tally, enough, relative_width
from hwsim.study.workers import Processes, ProgramFolder, ThisProcess

SPEC = {
    "problem": "planted:L=6,seed=1..2,loops=60",
    "target": "known",
    "reads": 64,
    "schedules": 4,
    "set": {"tau": "5 ns"},
    "grid": {
        "scheme": [
            {"name": "annealing", "clock": "poisson", "time": "0.2 us"},
            {
                "name": "APT+ICM",
                "clock": "chromatic",
                "algorithm": "tempering",
                "time": "50 ns",
                "reads": 8,
                "schedules": 2,
                "replicas": 2,
            },
            {"name": "SQA", "clock": "chromatic", "algorithm": "quantum", "time": "0.1 us", "replicas": 4},
            {
                "name": "PA",
                "clock": "chromatic",
                "algorithm": "population",
                "time": "0.2 us",
                "reads": 4,
                "population": 32,
            },
        ]
    },
    "stop": {"relative_width": 0.3, "max_shards": 3, "min_success": 5},
}


def rows(path):
    db = sqlite3.connect(path)
    found = db.execute("SELECT * FROM rows ORDER BY point, shard").fetchall()
    db.close()
    return found


def study(folder, name, make=ThisProcess, spec=SPEC):
    """(path of the store, what execute returned)."""
    (folder / "programs").mkdir(exist_ok=True)
    programs = ProgramFolder(folder / "programs")
    with Store(folder / name) as store:
        plan = build(spec, programs.keep)
        workers = make(programs)
        try:
            return folder / name, execute(plan, store, workers)
        finally:
            workers.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The rows of a study that ran through in this process."""
    path, result = study(tmp_path_factory.mktemp("whole"), "whole.db")
    assert not result.interrupted and set(result.reasons.values()) <= {"narrow enough", "budget spent"}
    return rows(path)


def test_one_worker_two_workers_and_a_second_run_have_the_same_rows(tmp_path, whole):
    path, result = study(tmp_path, "two.db", lambda programs: Processes(programs, 2))
    assert rows(path) == whole
    assert result.shards == len(whole)
    path, result = study(tmp_path, "two.db")
    assert result.shards == 0 and rows(path) == whole


def test_a_dask_cluster_has_the_same_rows(tmp_path, whole):
    distributed = pytest.importorskip("distributed")
    from hwsim.study.cluster import Cluster

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True, silence_logs=50
    ) as cluster:
        path, _ = study(tmp_path, "dask.db", lambda programs: Cluster(programs, cluster.scheduler_address))
    assert rows(path) == whole


def test_a_lost_worker_costs_time_and_nothing_else(tmp_path, whole):
    class Unlucky(Processes):
        lost = 0

        def submit(self, task):
            handle = super().submit(task)
            if self.lost < 2 and task.shard == self.lost:
                self.lost += 1
                threading.Timer(
                    0.5 * self.lost, lambda: [os.kill(p, signal.SIGKILL) for p in self.processes()[:1]]
                ).start()
            return handle

    workers = []
    path, _ = study(tmp_path, "lost.db", lambda programs: workers.append(Unlucky(programs, 2)) or workers[0])
    assert workers[0].lost == 2
    assert rows(path) == whole


def test_workers_that_always_die_end_the_study(tmp_path):
    class Dead(ThisProcess):
        def wait(self, handles, timeout_s):
            return [(handle, None) for handle in handles]

    with pytest.raises(WorkersLostError, match="again and again"):
        study(tmp_path, "dead.db", Dead)


def test_a_shard_that_ends_every_worker_ends_the_study_though_others_are_made(tmp_path):
    class Poisoned(ThisProcess):
        slots, lost = 2, 0

        def __init__(self, programs):
            super().__init__(programs)
            self.tasks = {}

        def submit(self, task):
            handle = object()
            self.tasks[handle] = task
            return handle

        def wait(self, handles, timeout_s):
            for handle in list(handles):
                task = self.tasks.pop(handle)
                if task.shard != 1:
                    super().submit(task)
                    yield handle, super().wait([], timeout_s)[0][1]
                else:
                    type(self).lost += 1
                    yield handle, None

    spec = SPEC | {"problem": "planted:L=4,seed=1..8,loops=20", "reads": 8, "grid": {"time": ["50 ns"]}}
    with pytest.raises(WorkersLostError, match="again and again"):
        study(tmp_path, "poisoned.db", Poisoned, spec)
    assert 4 <= Poisoned.lost < 40


IDLE = """
import time
from hwsim.study.workers import Processes, ProgramFolder
workers = Processes(ProgramFolder("."), 2)
print(len([workers._new(), workers._new()]), flush=True)
time.sleep(60)
"""


class Unreadable:
    program = "none"

    def __reduce__(self):
        return eval, ("1 / 0",)


def test_a_worker_whose_study_was_killed_ends():
    """Each has the pipe of its own tasks, and no end of another's; as long as one lives, standard error stays open."""
    with subprocess.Popen(
        [sys.executable, "-c", IDLE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as idle:
        assert idle.stdout.readline() == b"2\n"
        with pytest.raises(subprocess.TimeoutExpired):
            idle.wait(0.1)
        idle.kill()
        assert idle.communicate(timeout=60) == (b"", b"")


def test_a_worker_that_cannot_be_listened_to_is_refused_and_ends(tmp_path, monkeypatch):
    def none(thread):
        raise RuntimeError("can't start new thread")

    workers, before = Processes(ProgramFolder(tmp_path), 2), set(children)
    monkeypatch.setattr(threading.Thread, "start", none)
    with pytest.raises(InputError, match=r"cannot start worker 1 of 2 \(no thread can be begun\): ask for fewer"):
        workers._new()
    assert children == before and workers.processes() == []


def test_a_worker_that_cannot_read_its_task_is_lost(tmp_path, capfd):
    workers = Processes(ProgramFolder(tmp_path), 1)
    try:
        handle = workers.submit(Unreadable())
        assert workers.wait([handle], 60) == [(handle, None)]
        assert "ZeroDivisionError" in capfd.readouterr().err
    finally:
        workers.close()


def test_a_tighter_stop_extends_a_study_and_keeps_its_rows(tmp_path, whole):
    path, _ = study(tmp_path, "s.db")
    _, result = study(tmp_path, "s.db", spec=SPEC | {"stop": SPEC["stop"] | {"max_shards": 4, "relative_width": 0.2}})
    assert result.shards > 0
    assert set(whole) < set(rows(path))


def test_a_point_that_cannot_run_is_named_and_the_others_run(tmp_path):
    spec = SPEC | {
        "problem": "planted:L=4,seed=1",
        "grid": {
            "scheme": [
                {"name": "no", "algorithm": "quantum", "synapse_tau": "1 ns", "time": "50 ns"},
                {"name": "yes", "time": "50 ns"},
            ]
        },
    }
    _, result = study(tmp_path, "s.db", spec=spec)
    (sentence,) = result.refused.values()
    assert "RC synapses" in sentence
    assert sorted(reason == sentence for reason in result.reasons.values()) == [False, True]


def test_a_stop_sees_the_interval_the_successes_and_the_budget():
    def tally(hits, reads=1000, shards=1):
        made = Tally()
        for _ in range(shards):
            made.energies.append(np.where(np.arange(reads) < hits, -1.0, 0.0))
            made.sizes.append((1,) * reads)
        return made

    stop = Stop(relative_width=0.2, min_success=10, max_shards=3)
    assert enough(tally(500), stop, -1.0) == "narrow enough"
    assert enough(tally(20), stop, -1.0) is None
    assert enough(tally(20, shards=3), stop, -1.0) == "budget spent"
    assert enough(tally(0), stop, -1.0) is None and relative_width(tally(0), -1.0) == float("inf")
    assert enough(tally(3, reads=4), replace(stop, relative_width=9.0), -1.0) is None
    assert enough(tally(500), stop, None) == "narrow enough"
    assert enough(tally(500, reads=1000), replace(stop, relative_width=0.01), None) is None


def test_a_summed_point_is_what_its_rows_say(tmp_path):
    path, _ = study(
        tmp_path,
        "s.db",
        spec=SPEC
        | {"set": {"tau": "5 ns", "energy_per_update": "1 fJ", "energy_per_read": "1 pJ", "readout_time": "100 ns"}},
    )
    with Store(path) as store:
        points = table(store)
        found = list(store.rows(points[0]["key"]))
    energies = np.concatenate([row.energies for row in found])
    by_name = {p["words"]["scheme"]: p for p in points if "seed=1" in p["problem"]}
    assert points[0]["reads"] == len(energies) and points[0]["energy_mean"] == pytest.approx(energies.mean())
    annealed = by_name["annealing"]
    assert annealed["total_time_s"] == pytest.approx(0.2e-6 + 100e-9)
    assert annealed["total_energy_j"] == pytest.approx(36 * 40 * 1e-15 + 36e-12, rel=0.05)
    assert annealed["ets99_total_j"] == pytest.approx(annealed["total_energy_j"] * annealed["runs_to_solution"])
    assert by_name["SQA"]["hardware_pbits"] == 4 * 36
    tempered = by_name["APT+ICM"]
    assert tempered["time_split_s"]["read"] == pytest.approx(100e-9 * 10)
    assert tempered["unknown_energy"] == ["swap", "write", "transfer"] and tempered["total_energy_j"] is None
    assert all(p["residual"] >= 0 and p["reference"] == p["target"] for p in points)


def test_entering_a_price_resamples_nothing(tmp_path, whole):
    path, _ = study(tmp_path, "s.db")
    priced = {"energy_per_update": "1 fJ", "energy_per_read": "1 pJ"}
    _, result = study(tmp_path, "s.db", spec=SPEC | {"set": SPEC["set"] | priced | {"readout_time": "1 us"}})
    assert result.shards == 0 and rows(path) == whole
    with Store(path) as store:
        points = table(store)
    assert len(points) == 8 and all(p["total_time_s"] > 1e-6 and p["device_energy_j"] > 0 for p in points)
    scheme = [*SPEC["grid"]["scheme"][:1]]
    grid = {"scheme": scheme, "readout_time": ["1 us", "2 us"]}
    _, result = study(tmp_path, "s.db", spec=SPEC | {"grid": grid})
    assert result.shards == 0 and len(result.reasons) == 4 and None not in result.reasons.values()
    with Store(path) as store:
        found = [p for p in table(store) if p["words"].get("readout_time")]
    assert len(found) == 4 and len({p["total_time_s"] for p in found}) == 2 and len({p["tts99_s"] for p in found}) == 2


def test_flips_have_a_price_in_studies_too(tmp_path):
    """Those of an annealing p-bit are counted on a few reads, as for wires, and are at most its updates; tempering
    moves states about, so that its flips are not known."""
    path, _ = study(tmp_path, "s.db", spec=SPEC | {"set": SPEC["set"] | {"energy_per_flip": "1 fJ"}})
    with Store(path) as store:
        points = {p["words"]["scheme"]: p for p in table(store)}
    annealed, tempered = points["annealing"], points["APT+ICM"]
    assert 0 < annealed["device_energy_j"] < annealed["updates"] * 1e-15
    assert tempered["device_energy_j"] is None and "flip" in tempered["unknown_energy"]


def test_a_task_says_what_made_it_and_a_stranger_is_refused(tmp_path):
    class Stranger(ThisProcess):
        def wait(self, handles, timeout_s):
            return [(h, replace(done, version=("0.0.0", 0))) for h, done in super().wait(handles, timeout_s)]

    with pytest.raises(WorkersLostError, match=r"runs hwsim 0\.0\.0"):
        study(tmp_path, "s.db", Stranger)


def test_ctrl_c_ends_a_study_between_two_shards_or_within_one(tmp_path):
    programs = ProgramFolder(tmp_path)
    with Store(tmp_path / "s.db") as store:
        plan = build(SPEC, programs.keep)
        result = execute(plan, store, ThisProcess(programs, interrupt=lambda: True))
        assert result.interrupted and result.shards == 0
        result = execute(plan, store, ThisProcess(programs), interrupt=lambda: True)
        assert result.interrupted and result.shards == 1
