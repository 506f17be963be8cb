"""A worker that was paused beyond its session must never write again: it would undo what its heir has saved."""

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streams.pipeline import Pipeline
from streams.records import Message
from streams.twins import load_twins
from tests.integration.runs import PARTITIONS, Run
from tests.integration.storm import EXIT_FENCED
from tests.integration.traffic import Publisher, made_up, partitioned
from tests.integration.worker_process import WorkerProcess, until

UNITS, FRAMES = 24, 60
CHECKPOINT_S = 3.0
WAKING_S = 20.0
pytestmark = pytest.mark.stack


@dataclass
class Ending:
    """How it ended: exit code of the paused worker (None: it went on) and the units whose state is wrong."""

    exit_code: int | None
    wrong: list[str]


@pytest.mark.timeout(150)
def test_a_paused_owner_is_fenced_and_without_the_fence_updates_are_lost(
    kafka: Any, influxdb: Any, tmp_path: Path
) -> None:
    runs = {
        fence: Run(f"fence-{fence}", f"fence{fence}", kafka, influxdb, tmp_path, CHECKPOINT_S)
        for fence in ("on", "off")
    }
    for run in runs.values():
        run.setup()
    with ThreadPoolExecutor() as both:
        endings = dict(zip(runs, both.map(pause_and_wake, runs.values(), runs), strict=True))
    print({fence: (ending.exit_code, len(ending.wrong)) for fence, ending in endings.items()})
    assert endings["on"] == Ending(EXIT_FENCED, [])
    assert endings["off"].wrong, "the same schedule without the fence went well: this test would not notice its absence"


def pause_and_wake(run: Run, fence: str) -> Ending:
    """Pause an owner with unsaved work, let an heir finish the input, wake the owner, kill both, restore once more."""
    messages = made_up(run.maker, UNITS, FRAMES)
    publisher = Publisher(run.kafka.bootstrap, run.topic("telemetry"), PARTITIONS, messages, seconds=60)
    paused, heir, last = (run.worker(name, faulty=True) for name in ("paused", "heir", "last"))
    try:
        paused.start(FENCE=fence)
        publisher.start()
        until(lambda: has_unsaved_work(paused.offsets("processed"), paused.offsets("saved")), 60, "unsaved work")
        paused.signal(signal.SIGSTOP)
        heir.start(FENCE=fence)
        until(lambda: len(heir.offsets("processed")) == PARTITIONS, 60, "the heir owns everything")
        publisher.finish(60)
        run.await_saved(publisher.ends, 60)

        paused.signal(signal.SIGCONT)
        exit_code = exit_after_waking(paused, run, publisher.ends)
        for worker in (paused, heir):
            worker.close()
        last.start(FENCE=fence)
        until(lambda: len(last.offsets("processed")) == PARTITIONS, 60, "the last one owns everything")
        until(lambda: last.metric("edu_twin_consumer_lag_records") == 0, 60, "the last one has no lag")
        last.end()
    finally:
        publisher.release()
        for worker in (paused, heir, last):
            worker.close()
    truth, found = rows_of_one_process(run.maker, messages), run.rows()
    assert truth.keys() == found.keys()
    return Ending(exit_code, [unit for unit, row in truth.items() if bytes(found[unit].row) != row])


def has_unsaved_work(processed: dict[int, int], saved: dict[int, int]) -> bool:
    """In every partition, after at least one checkpoint."""
    return len(saved) == PARTITIONS and all(processed[number] > saved[number] for number in saved)


def exit_after_waking(paused: WorkerProcess, run: Run, ends: dict[int, int]) -> int | None:
    """Exit code of the woken worker, or None once it has put an older mark into the state."""
    until(lambda: not paused.running or run.saved() != ends, WAKING_S, "the woken worker ends or writes")
    return None if paused.running else paused.wait(1)


def rows_of_one_process(maker: str, messages: list[Message]) -> dict[str, bytes]:
    """Row of each unit after a Pipeline per partition took the same records, without servers."""
    twins, rows = load_twins(), {}
    for partition, records in partitioned(messages, PARTITIONS).items():
        pipeline = Pipeline(partition, maker, twins, [])
        pipeline.process(records)
        rows |= {snapshot.unit: bytes(snapshot.row) for snapshot in pipeline.cut().units}
    return rows
