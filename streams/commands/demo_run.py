"""The demo's fleet on all cores: each process simulates some units and runs their twins, as one partition would."""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.daily import DayMarker
from schemas.fleet_alerts import FleetAlert
from streams.commands.demo_fleet import Truth, Watched
from streams.commands.demo_stage import END, Stage
from streams.records import LogRecord
from streams.results import Output
from streams.sinks.daily import DailyLog

if TYPE_CHECKING:
    from streams.commands.progress import Bar
    from streams.sinks.lake import LakeSink
    from streams.sources.fleet import Plan

_POLL_S = 0.2
_queue: Any = None


class Advanced(NamedTuple):
    """A process has taken so many more frames."""

    frames: int
    time_us: int


class Closed(NamedTuple):
    """A process has closed a day of its units: what the fleet's log is told up to its marker, or to the end."""

    maker: str
    partition: int
    day: float
    records: list[LogRecord]


class _Bar:
    """Stands for the bar in another process: tells it what to advance."""

    def advance(self, frames: int, time_us: int) -> None:
        _queue.put(Advanced(frames, time_us))


class Unheard:
    """Stands for a bar where nobody looks."""

    def advance(self, frames: int, time_us: int) -> None:
        """Nothing to show."""


class _Days(DailyLog):
    """Tells the fleet's log as soon as a day is over, with its results in the lake, where others see them."""

    def __init__(self, maker: str, partition: int, lake: "LakeSink") -> None:
        super().__init__()
        self._whose, self._lake = (maker, partition), lake

    def write(self, output: Output) -> None:
        """See ``Sink.write``; the lake has it already."""
        super().write(output)
        days = [item.day for item in output.daily if isinstance(item, DayMarker)]
        if days:
            self._lake.flush()
            self._tell(max(days))

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing comes any more."""
        self._tell(END)

    def _tell(self, day: float) -> None:
        _queue.put(Closed(*self._whose, day, self.records))
        self.records = []


def _begin(queue: Any) -> None:
    """A process of the pool: it ends with the one that made it, however that ends, which tells it of Ctrl-C, too."""
    global _queue
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@contextmanager
def _no_longer_than_this() -> Iterator[None]:
    """Processes that were started end with a block that fails or is told to end: nobody waits for their results."""

    def told(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    # Who runs a command with nohup wants to be deaf to SIGHUP.
    numbers = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    before = [signal.signal(number, told) for number in numbers]
    try:
        yield
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _simulate(
    plan: "Plan", partition: int, variants: Path | None, lake: Path
) -> tuple[dict[str, Any], dict[str, Truth]]:
    """One part of the fleet through its pipeline into the lake; what happened, and the truth."""
    from streams.commands.running import run
    from streams.sinks import Sink
    from streams.sinks.lake import LakeSink
    from streams.sources.plant import PlantSource
    from streams.twins import load_twins

    watched, results = Watched(lake), LakeSink(lake)
    sinks: list[Sink] = [results, _Days(plan.maker, partition, results)]
    report = run(PlantSource(plan, watched.see), load_twins(variants), sinks, _Bar(), partition=partition)
    return report, dict(watched.truth)


def _compile(plan: "Plan", variants: Path | None) -> None:
    """One unit for one day, for nobody: processes that start together on a cold cache would each compile everything."""
    from streams.commands.running import run
    from streams.sources.plant import PlantSource
    from streams.twins import load_twins

    run(PlantSource(replace(plan, units=plan.units[:1], days=1)), load_twins(variants), [], Unheard())


def parts_of(plans: "list[Plan]", processes: int) -> "list[tuple[Plan, int]]":
    """What a process does at a time, and its number within the maker. A maker's parts stand together: else some of its
    units seem silent while others have driven for weeks.
    """
    parts = [
        (plan.part(number, processes), number) for plan in plans for number in range(min(processes, len(plan.units)))
    ]
    return sorted(parts, key=lambda part: (part[0].maker, -len(part[0].units)))


def run_all(
    plans: "list[Plan]", variants: Path | None, lake: Path, bar: "Bar"
) -> tuple[dict[str, Any], dict[str, Truth], dict[str, list[FleetAlert]]]:
    """Every plan, split so that each core has work, with each maker's fleet stage beside it.

    Returns the sum of the reports, the truth of all units, and each maker's alerts.

    The results do not depend on the number of processes: a unit's data and twin do not depend on other units.
    """
    processes = os.cpu_count() or 1
    parts = parts_of(plans, processes)
    partitions = Counter(plan.maker for plan, _ in parts)
    stages = {plan.maker: Stage(plan, partitions[plan.maker], lake) for plan in plans}
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    truth: dict[str, Truth] = {}
    reports: list[dict[str, Any]] = []
    size = min(processes, len(parts))
    with ProcessPoolExecutor(size, context, _begin, (queue,)) as pool, _no_longer_than_this():
        pool.submit(_compile, parts[0][0], variants).result()
        running = [pool.submit(_simulate, part, number, variants, lake) for part, number in parts]
        _follow(running, queue, bar, stages)
        for future in running:
            report, known = future.result()
            reports.append(report)
            truth |= known
    return _sum(reports), truth, {maker: stage.end() for maker, stage in stages.items()}


def _follow(running: list["Future[Any]"], queue: Any, bar: "Bar", stages: Mapping[str, Stage]) -> None:
    """Show progress and let the fleet stages hear, until every part has ended or one has failed."""
    newest_us, ended = 0, 0
    while ended < len(running):
        if any(future.done() and future.exception() for future in running):
            break
        try:
            told = queue.get(timeout=_POLL_S)
        except Empty:
            continue
        if isinstance(told, Advanced):
            newest_us = max(newest_us, told.time_us)
            bar.advance(told.frames, newest_us)
        else:
            stages[told.maker].hear(told.partition, told.day, told.records)
            ended += told.day == END


def _sum(reports: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {"units": sum(report["units"] for report in reports)}
    for name in ("records", "points", "out_of_int16_range"):
        counts: Counter[str] = Counter()
        for report in reports:
            counts.update(report[name])
        total[name] = dict(sorted(counts.items()))
    total["alerts"] = sum(report["alerts"] for report in reports)
    return total
