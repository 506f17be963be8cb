"""What happens to a worker in a kill test: killed, paused, ended and started again; every kill is recorded."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.integration.runs import Run
from tests.integration.worker_process import WorkerProcess, until

START_TIMEOUT_S = 90.0
REVOKE_TIMEOUT_S = 5.0
"""Half of the rebalance timeout of a run."""
EXIT_FENCED = 70
CLEAN_EXITS = {0, 1}
"""Faust ends with 1 when SIGTERM meets a rebalance; the last checkpoint is made all the same."""


@dataclass(frozen=True)
class Kill:
    """A SIGKILL: where it fell, how far the worker was just before, and what of it was saved afterwards."""

    worker: str
    place: str
    processed: dict[int, int]
    saved: dict[int, int]

    @property
    def between_checkpoints(self) -> bool:
        """True when work was lost that the next owner had to do again."""
        return any(offset > self.saved.get(partition, 0) for partition, offset in self.processed.items())


class Victim(threading.Thread):
    """Plays a script of calamities on one worker, then leaves it running."""

    def __init__(
        self, run: Run, name: str, script: Sequence[Callable[["Victim"], None]], *, delay_s: float = 0
    ) -> None:
        super().__init__(name=f"victim-{name}", daemon=True)
        # A static member that is started again within the session gets its partitions back at once.
        self.worker: WorkerProcess = run.worker(name, faulty=True, EDU_TWIN_INSTANCE_ID=name)
        self.run_ = run
        self.kills: list[Kill] = []
        self.exit_codes: list[int] = []
        self.failure: BaseException | None = None
        self.random = random.Random(name)
        self._script = script
        self._delay_s = delay_s

    def run(self) -> None:
        try:
            time.sleep(self._delay_s)
            for calamity in self._script:
                calamity(self)
            self.ensure_running()
        except BaseException as failure:  # shown by the test
            self.failure = failure

    def ensure_running(self, **variables: str) -> None:
        """Start the worker if it does not run, as a supervisor would, and wait until it owns partitions."""
        if not self.worker.running:
            self.worker.start(**variables)
        until(lambda: bool(self.worker.offsets("processed")), START_TIMEOUT_S, f"{self.worker.name} owns partitions")

    def await_progress(self) -> None:
        """Wait until it has processed something."""
        before = self.worker.offsets("processed")
        until(
            lambda: any(at > before.get(number, at) for number, at in self.worker.offsets("processed").items()),
            START_TIMEOUT_S,
            f"{self.worker.name} makes progress after {before}",
        )

    def note(self, place: str, processed: dict[int, int]) -> None:
        """Record a kill that has just happened."""
        self.kills.append(Kill(self.worker.name, place, processed, self.run_.saved()))


def kill_at_random(victim: Victim) -> None:
    """SIGKILL at a moment that has nothing to do with what the worker does."""
    victim.ensure_running()
    victim.await_progress()
    time.sleep(victim.random.uniform(0.0, 1.5))
    processed = victim.worker.offsets("processed")
    victim.worker.kill()
    victim.note("random", processed)


def kill_at(place: str) -> Callable[[Victim], None]:
    """SIGKILL in one gap of the second checkpoint."""

    def calamity(victim: Victim) -> None:
        if victim.worker.running:
            victim.exit_codes.append(victim.worker.end())
        victim.worker.start(FAULT=f"{place}:2")
        assert victim.worker.wait(START_TIMEOUT_S) == -signal.SIGKILL
        victim.note(place, {})

    return calamity


def pause_beyond_session(seconds: float) -> Callable[[Victim], None]:
    """SIGSTOP until others own its partitions, then SIGCONT: it must be fenced."""

    def calamity(victim: Victim) -> None:
        victim.ensure_running()
        victim.await_progress()
        victim.worker.signal(signal.SIGSTOP)
        time.sleep(seconds)
        victim.worker.signal(signal.SIGCONT)
        code = victim.worker.wait(START_TIMEOUT_S)
        assert code == EXIT_FENCED, (
            f"{victim.worker.name} came back after its session and ended with {code}, not fenced"
        )

    return calamity


def leave_while_influxdb_hangs(victim: Victim) -> None:
    """SIGTERM with unsaved work that cannot be saved: it gives up within its bound, the next owner does it again."""
    victim.ensure_running()
    victim.await_progress()
    database = victim.run_.influxdb
    os.kill(database.pid, signal.SIGSTOP)
    try:
        victim.await_progress()
        code = victim.worker.end(REVOKE_TIMEOUT_S + 10)
        assert code in CLEAN_EXITS, f"{victim.worker.name} ended with {code}"
        assert victim.worker.logged("partition given up without saving")
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{victim.worker.name} does not end on SIGTERM while InfluxDB hangs") from None
    finally:
        os.kill(database.pid, signal.SIGCONT)
    victim.ensure_running()
