"""The one way every sink sends: a queue, one background thread, retry for ever, and a flush that only waits."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import structlog

from streams.sinks import SinkUnavailableError

Item = TypeVar("Item")
Result = TypeVar("Result")
log = structlog.get_logger()

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
CLOSE_WAIT_S = 0.5


class RetryError(Exception):
    """The destination did not take it now. ``after_s``: it asked for this pause; ``alarm``: a person must act."""

    def __init__(self, reason: str, after_s: float = 0.0, alarm: bool = False) -> None:
        super().__init__(reason)
        self.after_s = after_s
        self.alarm = alarm


class ClosedError(Exception):
    """The sink was closed while something waited to be sent."""


class Sender(Generic[Item]):
    """Hands queued items in order and in batches to ``deliver`` and knows how many are confirmed.

    ``deliver`` returns when the batch is durable. It runs in the sender's thread, may be called again with the same
    batch after an unforeseen exception, and wraps what can fail in ``persist``. A batch goes out when its weight
    reaches ``batch_weight``, when its oldest item is ``linger_s`` old (None: never by age), or when a flush waits.
    """

    def __init__(
        self,
        name: str,
        deliver: Callable[[list[Item]], None],
        *,
        batch_weight: int,
        full_weight: int,
        linger_s: float | None,
    ) -> None:
        self.name = name
        self.reachable = True
        self.failures = 0
        self._deliver = deliver
        self._batch_weight, self._full_weight, self._linger_s = batch_weight, full_weight, linger_s
        self._condition = threading.Condition()
        self._waiting: deque[tuple[Item, int, float]] = deque()
        self._weight = 0  # waiting and in flight
        self._queued_weight = 0  # waiting
        self._given = self._confirmed = self._flush_to = 0
        self._closing = threading.Event()
        self._problem = "none"
        self._thread = threading.Thread(target=self._run, name=f"sink-{name}", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """True while what is not confirmed weighs ``full_weight`` or more."""
        return self._weight >= self._full_weight

    def put(self, items: Iterable[tuple[Item, int]]) -> None:
        """Queue (item, weight) pairs; returns at once."""
        now = time.monotonic()
        with self._condition:
            if self._closing.is_set():
                raise SinkUnavailableError(f"{self.name}: closed, takes nothing more")
            for item, weight in items:
                self._waiting.append((item, weight, now))
                self._weight += weight
                self._queued_weight += weight
                self._given += 1
            self._condition.notify_all()

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until everything given before this call is confirmed; see ``Sink.flush``."""
        with self._condition:
            target = self._given
            self._flush_to = max(self._flush_to, target)
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._confirmed >= target or self._closing.is_set(), timeout_s)
            missing = target - self._confirmed
        if missing > 0:
            why = "closed" if self._closing.is_set() else f"not confirmed within {timeout_s} s"
            raise SinkUnavailableError(f"{self.name}: {why}, {missing} items wait; last problem: {self._problem}")

    def close(self) -> None:
        """Stop; what waits is dropped. Returns within half a second even if a request hangs."""
        self._closing.set()
        with self._condition:
            self._condition.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_WAIT_S)

    def persist(self, action: Callable[[], Result]) -> Result:
        """Call ``action`` until it neither raises RetryError nor anything unforeseen; ClosedError on close()."""
        attempt = 0
        while not self._closing.is_set():
            try:
                result = action()
            except ClosedError:
                raise
            except Exception as problem:
                attempt += 1
                self._failed(problem, attempt)
                asked = problem.after_s if isinstance(problem, RetryError) else 0.0
                self._closing.wait(max(asked, pause_s(attempt)))
            else:
                if attempt:
                    log.info("sink answers again", sink=self.name, attempts=attempt)
                self.reachable = True
                return result
        raise ClosedError(self.name)

    def _failed(self, problem: Exception, attempt: int) -> None:
        self.reachable = False
        self.failures += 1
        self._problem = f"{type(problem).__name__}: {problem}"
        if attempt & (attempt - 1):  # 1, 2, 4, 8 ...: a long outage must not fill the log
            return
        told = {"sink": self.name, "attempt": attempt, "reason": str(problem)}
        if not isinstance(problem, RetryError):
            log.error("sink failed in an unforeseen way, trying again", **told, exc_info=problem)
        elif problem.alarm:
            log.error("sink refuses to take data, trying again", **told)
        else:
            log.warning("sink does not take data, trying again", **told)

    def _run(self) -> None:
        while batch := self._next_batch():
            items = [item for item, _, _ in batch]
            try:
                self.persist(lambda items=items: self._deliver(items))  # type: ignore[misc]
            except ClosedError:
                return
            with self._condition:
                self._confirmed += len(batch)
                self._weight -= sum(weight for _, weight, _ in batch)
                self._condition.notify_all()

    def _next_batch(self) -> list[tuple[Item, int, float]]:
        """Wait for a batch that is due; empty when closing."""
        with self._condition:
            while not self._closing.is_set():
                wait_s = self._until_due_s()
                if wait_s is not None and wait_s <= 0:
                    return self._take()
                self._condition.wait(wait_s)
        return []

    def _until_due_s(self) -> float | None:
        if not self._waiting:
            return None
        if self._queued_weight >= self._batch_weight or self._flush_to > self._confirmed:
            return 0.0
        if self._linger_s is None:
            return None
        return self._waiting[0][2] + self._linger_s - time.monotonic()

    def _take(self) -> list[tuple[Item, int, float]]:
        batch = [self._waiting.popleft()]
        room = self._batch_weight - batch[0][1]
        while self._waiting and self._waiting[0][1] <= room:
            room -= self._waiting[0][1]
            batch.append(self._waiting.popleft())
        self._queued_weight -= sum(weight for _, weight, _ in batch)
        return batch


def pause_s(attempt: int) -> float:
    """Back-off with jitter, so that many workers do not knock at the same moment. Never influences data."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempt - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
