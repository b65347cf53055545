"""Many tasks behind one call: one after the other, or in processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Generic, TypeVar

from placesim.errors import PlacesimError

T = TypeVar("T")
Progress = Callable[[int, int], None]
Sent = list[tuple[int, Any]]  # positions of tasks, with the tasks or their results

_PULSE: Final = 5.0  # seconds without news after which progress is told again
_BATCH: Final = 0.25  # seconds that a batch should take


class TaskError(PlacesimError):
    """A task failed: `task` its position, `trace` the whole traceback where it happened; the cause is its own error
    where that can travel between processes."""

    def __init__(self, task: int, trace: str):
        super().__init__(f"task {task} failed\n{trace}")
        self.task, self.trace = task, trace


class WorkerError(PlacesimError):
    """A process is gone, not by an error of its task."""

    def __init__(self, code: int | None):
        super().__init__(
            f"a worker process ended by itself (exit code {code}): killed for want of memory, or started from a script "
            "without `if __name__ == '__main__':`"
        )


@dataclass(frozen=True)
class Finished(Generic[T]):
    """results: position of the task → result, in the order of the tasks; interrupted: some are missing because the
    user stopped the work."""

    results: dict[int, T]
    interrupted: bool = False


@dataclass(frozen=True)
class _Failure:
    trace: str
    error: BaseException | None  # None: it could not be pickled


def map_tasks(
    work: Callable[[Any, Any], T], tasks: Sequence[Any], *,
    shared: Any = None, workers: int | None = None, progress: Progress | None = None,
) -> Finished[T]:  # fmt: skip
    """work(shared, task) of every task, in the order of the tasks.

    `shared` (large arrays) reaches each process once; tasks and results travel in batches. work must be a function that
    can be imported, and its result may depend on shared and task only: then the number of workers changes nothing.
    workers: None for as many as there are cores; 1 works in this process, without any other. progress(done, all) is
    told at the start, whenever results arrive, and every 5 seconds (with one worker, after every task).

    Ctrl-C ends the work and keeps what is finished. Raises TaskError for the first task seen to fail; the others are
    ended.
    """
    results: dict[int, T] = {}
    try:
        for finished in stream_tasks(work, tasks, shared=shared, workers=workers, progress=progress):
            results.update([finished])  # one by one: an interruption must not lose those before
    except KeyboardInterrupt:
        return Finished(dict(sorted(results.items())), interrupted=True)
    return Finished(dict(sorted(results.items())))


def stream_tasks(
    work: Callable[[Any, Any], T], tasks: Sequence[Any], *,
    shared: Any = None, workers: int | None = None, progress: Progress | None = None,
) -> Iterator[tuple[int, T]]:  # fmt: skip
    """(position of the task, result) as they finish, in any order; else as `map_tasks`, but Ctrl-C is raised."""
    count = min(workers or os.cpu_count() or 1, len(tasks))
    tell = progress or (lambda _done, _all: None)
    tell(0, len(tasks))
    batches = _one_by_one(work, tasks, shared) if count < 2 else _in_processes(work, tasks, shared, count)
    done = 0
    for batch in batches:
        done += len(batch)
        tell(done, len(tasks))
        for task, result in batch:
            if isinstance(result, _Failure):
                raise TaskError(task, result.trace) from result.error
            yield task, result


def _one_by_one(work: Callable[[Any, Any], Any], tasks: Sequence[Any], shared: Any) -> Iterator[Sent]:
    for at, task in enumerate(tasks):
        yield [(at, _tried(work, shared, task))]


def _tried(work: Callable[[Any, Any], Any], shared: Any, task: Any) -> Any:
    try:
        return work(shared, task)
    except Exception as error:
        return _Failure(traceback.format_exc(), error if _travels(error) else None)


def _travels(error: Exception) -> bool:
    """Whether it would come out of a pipe: an error made of other arguments than its text does not."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True


def _in_processes(work: Callable[[Any, Any], Any], tasks: Sequence[Any], shared: Any, count: int) -> Iterator[Sent]:
    """Batches as they arrive; an empty one after 5 seconds without any."""
    context = multiprocessing.get_context("spawn")  # no threads or locks of this process are carried over
    ends: dict[Connection, SpawnProcess] = {}
    waiting, size = list(enumerate(tasks))[::-1], 1
    try:
        for _ in range(count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, work, shared), daemon=True)
            process.start()
            there.close()
            ends[here] = process
            _send(here, waiting, 1)
        busy = set(ends)
        while busy:
            ready = wait(busy, timeout=_PULSE)
            if not ready:
                yield []
            for end in busy.intersection(ready):
                batch, seconds = end.recv()
                fair = max(1, len(waiting) // (2 * count))  # nobody is left alone with a long batch at the end
                size = min(max(1, int(len(batch) * _BATCH / max(seconds, 1e-6))), 4 * size, fair)
                if not _send(end, waiting, size):
                    busy.remove(end)
                yield batch
    except (EOFError, ConnectionError) as error:
        raise WorkerError(_exit_code(list(ends.values()))) from error
    finally:
        for process in ends.values():
            process.terminate()
        for end, process in ends.items():
            process.join()
            end.close()


def _exit_code(processes: list[SpawnProcess]) -> int | None:
    """Of one that is gone; its pipes may close a little before it is."""
    gone = wait([p.sentinel for p in processes], timeout=1.0)
    for process in processes:
        if process.sentinel in gone:
            process.join(1.0)
            return process.exitcode
    return None


def _send(end: Connection, waiting: Sent, size: int) -> bool:
    """Hand the next tasks to a process; whether there were any."""
    batch = [waiting.pop() for _ in range(min(size, len(waiting)))]
    if batch:
        end.send(batch)
    return bool(batch)


def _serve(end: Connection, work: Callable[[Any, Any], Any], shared: Any) -> None:
    """Loop of a worker process: Ctrl-C is for the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            batch = end.recv()
        except EOFError:
            return
        start = time.perf_counter()
        results = [(at, _tried(work, shared, task)) for at, task in batch]
        try:
            end.send((results, time.perf_counter() - start))
        except Exception:  # nothing was sent: a result cannot be pickled
            end.send(([(at, _portable(result)) for at, result in results], time.perf_counter() - start))


def _portable(result: Any) -> Any:
    """The result, or a failure, where it cannot be pickled."""
    try:
        pickle.dumps(result)
    except Exception:
        return _Failure(result.trace if isinstance(result, _Failure) else traceback.format_exc(), None)
    return result
