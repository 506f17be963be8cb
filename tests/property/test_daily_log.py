"""What the fleet is told of a partition: the same for every cut of the input and every restart, each thing once."""

import json
import random
from collections import Counter
from typing import Any

import pytest

from schemas.alerts import Alert
from schemas.daily import DayMarker, DayPart
from schemas.telemetry import Identity
from streams.fleet_log import decode
from streams.pipeline import Pipeline
from streams.records import LogRecord, Message
from tests.frames import MAKER, MINUTE_US, NOON_US, OTHER_VARIANT, VARIANT, identity, log, record, tick, value
from twin.layout import DAY_US
from twin.twin import Twin
from twin.variants import load

HOUR_US = 60 * MINUTE_US
TODAY = NOON_US // DAY_US
MIDNIGHT_US = (TODAY + 1) * DAY_US
TWINS = {name: Twin(load(name)) for name in (VARIANT, OTHER_VARIANT)}
UNITS = ("a", "b", "c")
LAST_TICK_US = MIDNIGHT_US + 3 * DAY_US


def drive(unit: str, sequence: int, start_us: int, who: Identity | None = None, boot: int = 1) -> Message:
    return record(value(unit, sequence, boot=boot, start_us=start_us, count=60, who=who), key=unit)


def made_up() -> list[Message]:
    """Drives over midnight, a flash of the software, another variant, a unit that falls silent, ticks, a backlog."""
    timed: list[tuple[int, Message]] = []
    start_us = MIDNIGHT_US - 10 * MINUTE_US + 333_000
    for n in range(20):
        now_us = start_us + n * MINUTE_US
        flashed = identity("b", firmware="2.0") if n >= 5 else None
        swapped = identity("c", variant=OTHER_VARIANT) if n >= 14 else None
        timed.append((now_us, drive("a", n, now_us)))
        timed.append((now_us, drive("b", n, now_us, flashed)))
        if n < 4 or n >= 12:  # the four minutes before the midnight of c come in days later
            timed.append((now_us, drive("c", n, now_us, swapped)))
    late_us = MIDNIGHT_US + 40 * HOUR_US
    timed += [(late_us + n, drive("a", n, start_us + n * MINUTE_US)) for n in range(20, 24)]
    ticks = range(MIDNIGHT_US - 2 * HOUR_US, LAST_TICK_US + 1, HOUR_US)
    timed += [(time_us, tick(time_us)) for time_us in ticks]
    return log([one for _, one in sorted(timed, key=lambda pair: pair[0])])


RECORDS = made_up()


def told(seed: int | None, restarts: bool = False) -> list[LogRecord]:
    """The log of a run cut at random, saved now and then, and perhaps killed: from a save on everything comes again."""
    rng = random.Random(seed)
    pipeline = Pipeline(4, MAKER, TWINS, [], keep_log=True)
    units: dict[str, Any] = {}
    ledger, written, saved_at, at = b"", [], 0, 0
    while at < len(RECORDS):
        size = len(RECORDS) if seed is None else rng.randrange(1, 25)
        pipeline.process(RECORDS[at : at + size])
        at = min(at + size, len(RECORDS))
        if seed is None or rng.random() < 0.3 or at == len(RECORDS):
            cut = pipeline.cut()
            units |= {one.unit: one._replace(row=bytes(one.row), day=bytes(one.day)) for one in cut.units}
            ledger, saved_at = cut.ledger, at
            written += cut.log
        elif restarts and rng.random() < 0.3:
            pipeline = Pipeline(4, MAKER, TWINS, [], keep_log=True)
            pipeline.restore(units.values(), ledger)
            at = saved_at
    return written


def read(records: list[LogRecord]) -> list[Any]:
    items = [decode(Message(one.key, one.value, one.headers, 0, 0)) for one in records]
    assert all(isinstance(item, DayPart | DayMarker | Alert) for item in items), items
    return [item for item in items if not isinstance(item, Alert)]


def between_markers(records: list[LogRecord]) -> list[list[LogRecord]]:
    """The log cut after each marker; parts of different units stand in no order."""
    pieces: list[list[LogRecord]] = [[]]
    for one in records:
        pieces[-1].append(one)
        if one.key is None:
            pieces.append([])
    return [sorted(piece, key=lambda one: one.headers) for piece in pieces]


WHOLE = told(None)


def test_the_log_has_what_could_go_wrong() -> None:
    parts = [
        (item.point.unit, item.point.day - TODAY, item.point.part) for item in read(WHOLE) if isinstance(item, DayPart)
    ]
    assert sorted(parts) == [
        ("a", 0, 0),
        ("a", 1, 0),
        ("a", 1, 1),  # the backlog
        ("b", 0, 0),
        ("b", 0, 1),  # other software
        ("b", 1, 0),
        ("c", 0, 0),
        ("c", 1, 0),
        ("c", 1, 1),  # another variant
    ]


def test_markers_count_the_parts_before_them_but_those_that_came_late() -> None:
    seen: Counter[int] = Counter()
    closed: list[int] = []
    for item in read(WHOLE):
        if isinstance(item, DayMarker):
            assert (item.partition, item.parts) == (4, seen[item.day])
            closed.append(item.day)
        elif not closed or item.point.day > closed[-1]:
            seen[item.point.day] += 1
    assert closed == sorted(set(closed))
    assert closed[-1] == TODAY + 2
    assert [seen[TODAY], seen[TODAY + 1]] == [4, 4]


def test_nothing_is_told_twice() -> None:
    ids = [dict(one.headers)["ce_id"] for one in WHOLE]
    assert len(ids) == len(set(ids))


def test_parts_add_up_to_what_was_driven() -> None:
    driven: Counter[str] = Counter()
    for item in read(WHOLE):
        if isinstance(item, DayPart):
            driven[item.point.unit] += item.point.samples
            assert item.sums["samples"] == item.point.samples
    assert driven == {"a": 24 * 60, "b": 20 * 60, "c": 12 * 60}


@pytest.mark.parametrize("seed", range(12))
def test_any_cut_of_the_input_tells_the_same(seed: int) -> None:
    assert between_markers(told(seed)) == between_markers(WHOLE)


@pytest.mark.parametrize("seed", range(12))
def test_kills_anywhere_lose_and_repeat_nothing(seed: int) -> None:
    assert between_markers(told(100 + seed, restarts=True)) == between_markers(WHOLE)


def test_a_record_is_json_a_person_can_read() -> None:
    part = json.loads(next(one.value for one in WHOLE if one.key is not None))
    assert part["point"]["unit"] in UNITS
    assert part["sums"]["trips"] == part["point"]["trips"] == 1
    assert len(part["sums"]["load_s"]) == 20
    assert all(len(line) == 10 for line in part["sums"]["load_s"])
