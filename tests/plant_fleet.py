"""Fleets of the simulator through the whole unit stage at 1 Hz: what the fleet's log is told of their days."""

import gzip
import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import blake2b
from pathlib import Path

from streams.commands.demo_run import Unheard
from streams.commands.running import run
from streams.records import LogRecord
from streams.sinks.daily import DailyLog
from streams.sources.fleet import Plan
from streams.sources.plant import PlantSource
from streams.twins import load_twins

PIECE = 6
"""Units that are simulated together: progress can be seen, and no process has long to go alone."""


def _simulate(plan: Plan, partition: int) -> list[LogRecord]:
    log = DailyLog()
    run(PlantSource(plan), load_twins(None), [log], Unheard(), partition=partition)
    return log.records


def simulate(plan: Plan, kept: Path | None = None, processes: int = 2) -> Iterator[list[LogRecord]]:
    """Run a fleet piece by piece, a partition each; a unit's results do not depend on the others.

    ``kept``: a folder in which pieces stay, so that a long run can be continued. The code is no part of their names.
    """
    count = -(-len(plan.units) // PIECE)
    parts = [plan.part(number, count) for number in range(count)]
    paths = [None if kept is None else kept / f"{_name(part)}.jsonl.gz" for part in parts]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        missing = [k for k, path in enumerate(paths) if not (path and path.exists())]
        running = {k: pool.submit(_simulate, parts[k], k) for k in missing}
        for k, path in enumerate(paths):
            if path is not None and k in running:
                _keep(running[k].result(), path)
            yield running[k].result() if k in running or path is None else _read(path)


def _name(part: Plan) -> str:
    """The same for the same units with the same faults for the same days."""
    said = [(u.name, u.surroundings.customer, u.surroundings.climate, u.faults) for u in part.units]
    return blake2b(repr((part.maker, part.seed, part.start_s, part.days, said)).encode(), digest_size=8).hexdigest()


def _keep(records: list[LogRecord], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", compresslevel=3, encoding="utf-8") as file:
        for key, value, headers in records:
            words = [[name, word.decode()] for name, word in headers]
            file.write(json.dumps([key.decode() if key else None, value.decode(), words]) + "\n")


def _read(path: Path) -> list[LogRecord]:
    records = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            key, value, words = json.loads(line)
            headers = tuple((name, word.encode()) for name, word in words)
            records.append(LogRecord(key.encode() if key else None, value.encode(), headers))
    return records
