"""The executor: the same results for any number of workers, errors whole, Ctrl-C keeps what is finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import executor_tasks
import numpy as np
import pytest

from placesim.errors import InputError
from placesim.executor import Finished, TaskError, WorkerError, map_tasks, stream_tasks

SHARED = np.arange(5.0)


@pytest.mark.parametrize("workers", [1, 2, 3, None])
def test_results_stand_in_the_order_of_the_tasks(workers: int | None) -> None:
    found = map_tasks(executor_tasks.weighted, range(100), shared=SHARED, workers=workers)
    assert list(found.results.items()) == [(i, float(i % 5 * i)) for i in range(100)]
    assert not found.interrupted


def test_no_tasks() -> None:
    told: list[tuple[int, int]] = []
    assert map_tasks(executor_tasks.weighted, [], progress=lambda *t: told.append(t)) == Finished({})
    assert told == [(0, 0)]


def test_other_processes_work_and_are_handed_the_arrays_once() -> None:
    seen = list(map_tasks(executor_tasks.process, range(60), shared=SHARED, workers=2).results.values())
    assert os.getpid() not in {pid for pid, _ in seen}
    assert len(set(seen)) == len({pid for pid, _ in seen}) == 2


def test_one_worker_is_this_process() -> None:
    found = map_tasks(executor_tasks.process, range(3), shared=SHARED, workers=1)
    assert set(found.results.values()) == {(os.getpid(), id(SHARED))}


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_begins_at_nothing_and_ends_at_all(workers: int) -> None:
    told: list[tuple[int, int]] = []
    map_tasks(executor_tasks.weighted, range(9), shared=SHARED, workers=workers, progress=lambda *t: told.append(t))
    assert told[0] == (0, 9)
    assert told[-1] == (9, 9)
    assert told == sorted(told)


def test_progress_is_told_while_nothing_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placesim.executor._PULSE", 0.01)
    told: list[tuple[int, int]] = []
    map_tasks(executor_tasks.weighted, range(4), shared=SHARED, workers=2, progress=lambda *t: told.append(t))
    assert told.count((0, 4)) > 1  # processes take longer than that to start


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_task_tells_its_whole_error(workers: int) -> None:
    with pytest.raises(TaskError) as error:
        map_tasks(executor_tasks.fails_at_seven, range(20), workers=workers)
    assert error.value.task == 7
    assert isinstance(error.value.__cause__, ValueError)
    assert error.value.__cause__.args == ("seven", 7)
    assert "in fails_at_seven" in error.value.trace


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_that_cannot_travel_is_told_in_words(workers: int) -> None:
    with pytest.raises(TaskError, match=r"InputError: pupils\[3\]: must not be negative"):
        map_tasks(executor_tasks.fails_unportably, range(2), workers=workers)
    with pytest.raises(InputError):
        executor_tasks.fails_unportably(None, 0)


def test_a_result_that_cannot_travel_is_a_failure_of_its_task() -> None:
    with pytest.raises(TaskError, match="pickle"):
        map_tasks(executor_tasks.gives_what_cannot_travel, range(2), workers=2)


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(WorkerError, match="exit code 9"):
        map_tasks(executor_tasks.dies, range(8), workers=2)


def test_results_stream_as_they_finish() -> None:
    stream = stream_tasks(executor_tasks.fails_at_seven, range(8), workers=1)
    assert [next(stream) for _ in range(7)] == [(i, i) for i in range(7)]
    with pytest.raises(TaskError):
        next(stream)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a group of processes")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, workers: int) -> None:
    process = subprocess.Popen(
        [sys.executable, executor_tasks.__file__, str(tmp_path), str(workers)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    for _ in range(600):
        if (tmp_path / "begun").exists():
            break
        time.sleep(0.1)
    time.sleep(1.0)  # the last quick results are on their way
    os.killpg(process.pid, signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    assert told.strip() == "True [(0, 0), (1, 1), (2, 4), (3, 9)]"
    assert errors == ""
