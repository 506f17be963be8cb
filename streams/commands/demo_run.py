"""The demo's fleet on all cores: each process simulates some units and runs their twins, as one partition would."""

import multiprocessing
import os
from collections import Counter, defaultdict
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from schemas.fleet_alerts import FleetAlert
from streams.commands.demo_alerts import tell
from streams.commands.demo_fleet import Truth, Watched
from streams.records import LogRecord

if TYPE_CHECKING:
    from streams.commands.progress import Bar
    from streams.sources.fleet import Plan

_POLL_S = 0.2
_queue: Any = None


class _Told:
    """Stands for the bar in another process: tells it what to advance."""

    def advance(self, frames: int, time_us: int) -> None:
        _queue.put((frames, time_us))


class Unheard:
    """Stands for a bar where nobody looks."""

    def advance(self, frames: int, time_us: int) -> None:
        """Nothing to show."""


def _remember(queue: Any) -> None:
    global _queue
    _queue = queue


def _simulate(
    plan: "Plan", partition: int, variants: Path | None, lake: Path
) -> tuple[dict[str, Any], dict[str, Truth], list[LogRecord]]:
    """One part of the fleet through its pipeline into the lake; what happened, the truth, and what the log is told."""
    from streams.commands.running import run
    from streams.sinks import Sink
    from streams.sinks.daily import DailyLog
    from streams.sinks.lake import LakeSink
    from streams.sources.plant import PlantSource
    from streams.twins import load_twins

    watched, log = Watched(lake), DailyLog()
    sinks: list[Sink] = [LakeSink(lake), log]
    report = run(PlantSource(plan, watched.see), load_twins(variants), sinks, _Told(), partition=partition)
    return report, dict(watched.truth), log.records


def _compile(plan: "Plan", variants: Path | None) -> None:
    """One unit for one day, for nobody: processes that start together on a cold cache would each compile everything."""
    from streams.commands.running import run
    from streams.sources.plant import PlantSource
    from streams.twins import load_twins

    run(PlantSource(replace(plan, units=plan.units[:1], days=1)), load_twins(variants), [], Unheard())


def run_all(
    plans: "list[Plan]", variants: Path | None, lake: Path, bar: "Bar"
) -> tuple[dict[str, Any], dict[str, Truth], dict[str, list[FleetAlert]]]:
    """Every plan, split so that each core has work, then each maker's fleet stage.

    Returns the sum of the reports, the truth of all units, and each maker's alerts.

    The results do not depend on the number of processes: a unit's data and twin do not depend on other units.
    """
    processes = os.cpu_count() or 1
    parts = [plan.part(index, processes) for plan in plans for index in range(min(processes, len(plan.units)))]
    parts.sort(key=lambda part: -len(part.units))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    truth: dict[str, Truth] = {}
    logs: dict[str, list[LogRecord]] = defaultdict(list)
    reports: list[dict[str, Any]] = []
    with ProcessPoolExecutor(min(processes, len(parts)), context, _remember, (queue,)) as pool:
        pool.submit(_compile, parts[0], variants).result()
        running = [pool.submit(_simulate, part, number, variants, lake) for number, part in enumerate(parts)]
        _follow(running, queue, bar)
        for part, future in zip(parts, running, strict=True):
            report, known, log = future.result()
            reports.append(report)
            truth |= known
            logs[part.maker] += log
    return _sum(reports), truth, {plan.maker: tell(plan, logs[plan.maker], len(parts), lake) for plan in plans}


def _follow(running: list["Future[Any]"], queue: Any, bar: "Bar") -> None:
    """Show progress until every part is done or one has failed."""
    newest_us = 0
    while not all(future.done() for future in running):
        if any(future.done() and future.exception() for future in running):
            break
        try:
            frames, time_us = queue.get(timeout=_POLL_S)
        except Empty:
            continue
        newest_us = max(newest_us, time_us)
        bar.advance(frames, newest_us)


def _sum(reports: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {"units": sum(report["units"] for report in reports)}
    for name in ("records", "points", "out_of_int16_range"):
        counts: Counter[str] = Counter()
        for report in reports:
            counts.update(report[name])
        total[name] = dict(sorted(counts.items()))
    total["alerts"] = sum(report["alerts"] for report in reports)
    return total
