"""Same records, same bits: whatever the cuts, redeliveries, duplicates, interleaving, reordering and restarts."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.order import FAR, WINDOW
from streams.pipeline import Pipeline
from streams.records import Message, Snapshot
from streams.results import Output
from streams.silence import Silence
from tests.frames import FRAME_US, MAKER, MINUTE_US, NOON_US, OTHER_VARIANT, VARIANT, identity, log, record, tick, value
from tests.recording_twin import RecordingTwin
from twin.twin import Twin
from twin.variants import load

JUMPS = [FAR - 4, FAR, FAR + 6, FAR + 16]
UNITS = {"a": VARIANT, "b": VARIANT, "c": OTHER_VARIANT}
Twins = Mapping[str, Twin]


@cache
def recording() -> Twins:
    return {name: RecordingTwin(name).as_twin() for name in (VARIANT, OTHER_VARIANT)}


@cache
def real() -> Twins:
    return {name: Twin(load(name)) for name in (VARIANT, OTHER_VARIANT)}


@cache
def frame(unit: str, boot: int, sequence: int, start_us: int | None = None) -> Message:
    who = identity(unit, variant=UNITS[unit])
    return record(value(unit, sequence, boot=boot, start_us=start_us, who=who), key=unit)


def numbers(rng: random.Random) -> list[tuple[int, int]]:
    """Numbers of one unit's frames in order: two boots of 20 to 40 frames, one in ten lost."""
    return [
        (boot, sequence)
        for boot in (1, 2)
        for sequence in range(rng.randrange(20, 40))
        if sequence == 0 or rng.random() < 0.9
    ]


def drive(rng: random.Random, ticks: bool) -> list[Message]:
    """A log of three units in order, with a tick each minute of event time for an hour and a half."""
    timed = [
        (sequence * FRAME_US + boot * 60 * MINUTE_US + rng.random(), frame(unit, boot, sequence))
        for unit in UNITS
        for boot, sequence in numbers(rng)
    ]
    if ticks:
        timed += [(minute * MINUTE_US, tick(NOON_US + (minute - 60) * MINUTE_US)) for minute in range(60, 150)]
    return log([one for _, one in sorted(timed, key=lambda pair: pair[0])])


def wild(rng: random.Random) -> list[Message]:
    """A log of three units whose counters jump, most by about FAR, with frames ahead and out of order."""
    records: list[Message] = []
    sequences = dict.fromkeys(UNITS, 0)
    for step in range(150):
        now_us = NOON_US + step * FRAME_US
        unit = rng.choice(list(UNITS))
        if rng.random() < 0.05:
            sequences[unit] += rng.choice([3, *JUMPS])
        ahead, later_us = 0, 0
        if rng.random() < 0.1:
            ahead, later_us = rng.choice([-1, 1, 5, *JUMPS]), rng.choice([0, 3, 30, 300]) * FRAME_US
        else:
            sequences[unit] += 1
        records.append(frame(unit, 1, max(0, sequences[unit] + ahead), now_us + later_us))
        if rng.random() < 0.15:
            records.append(tick(now_us + rng.choice([0, 0, 4, 20]) * MINUTE_US))
        if rng.random() < 0.1:
            place = rng.randrange(max(0, len(records) - 5), len(records))
            records.append(records.pop(place))
    return log(records)


@dataclass
class Run:
    """A pipeline with a sink that insists that a point written again says the same."""

    twins: Twins
    points: dict[tuple[str, str, int, int], bytes] = field(default_factory=dict)
    offsets: dict[tuple[str, str, int, int], int] = field(default_factory=dict)
    saved: dict[str, Snapshot] = field(default_factory=dict)
    full: bool = False
    reachable: bool = True

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(0, MAKER, self.twins, [self])

    def write(self, output: Output) -> None:
        for points in output.points:
            for unit, one, offset in zip(points.units, points.records, points.offsets, strict=True):
                content = one.copy()
                content["row"] = 0  # which row a unit got is nobody's business
                component = int(one["component"]) if points.measurement == "edu_health" else -1
                key = points.measurement, unit, component, int(one["time_us"])
                assert self.points.setdefault(key, content.tobytes()) == content.tobytes(), key
                self.offsets.setdefault(key, int(offset))

    def flush(self, timeout_s: float | None = None) -> None: ...

    def close(self) -> None: ...

    def save(self) -> None:
        self.saved |= {one.unit: one._replace(row=bytes(one.row)) for one in self.pipeline.cut().units}

    def restart(self) -> None:
        self.pipeline = Pipeline(0, MAKER, self.twins, [self])
        self.pipeline.restore(self.saved.values())

    def process(self, records: Iterable[Message], rng: random.Random | None = None) -> "Run":
        """In one batch, or cut anywhere."""
        rest = list(records)
        while rest:
            size = rng.randrange(1, 40) if rng else len(rest)
            self.pipeline.process(rest[:size])
            rest = rest[size:]
        return self

    def end(self) -> tuple[dict[str, bytes], dict[tuple[str, str, int, int], bytes]]:
        """Rows and points after everything came out."""
        self.pipeline.drain()
        rows = {
            unit.name: unit.fleet.rows.records[unit.row : unit.row + 1].tobytes()
            for unit in self.pipeline.units.values()
            if unit.fleet is not None
        }
        return rows, self.points


def same_for_any_cut(twins: Twins, seed: int) -> None:
    rng = random.Random(seed)
    records = wild(rng) if rng.random() < 0.5 else drive(rng, ticks=True)
    assert Run(twins).process(records, rng).end() == Run(twins).process(records).end()


def same_for_any_redelivery(twins: Twins, seed: int) -> None:
    """Kafka gives a suffix again, with the same offsets."""
    rng = random.Random(seed)
    records = drive(rng, ticks=True)
    run, done = Run(twins), 0
    while done < len(records):
        again = rng.randrange(done + 1)
        until = rng.randrange(done, len(records)) + 1
        run.process(records[again:until], rng)
        done = until
    assert run.end() == Run(twins).process(records).end()
    assert run.pipeline.counts["late"] == run.pipeline.counts["rejected"] == 0


def same_for_duplicates_of_the_sender(twins: Twins, seed: int) -> None:
    """The sender sends frames again; they get new offsets."""
    rng = random.Random(seed)
    records = drive(rng, ticks=False)
    doubled: list[Message] = []
    for position, one in enumerate(records):
        doubled.append(one)
        doubled += rng.sample(records[max(0, position - 50) : position + 1], 1) if rng.random() < 0.3 else []
    run = Run(twins).process(log(doubled), rng)
    assert run.end() == Run(twins).process(records).end()
    late = run.pipeline.counts["late.older_boot"]
    assert run.pipeline.counts["duplicate"] + late == len(doubled) - len(records)


def same_for_any_interleaving_of_units(twins: Twins, seed: int) -> None:
    rng = random.Random(seed)
    records = drive(rng, ticks=False)
    queues = {unit: [one for one in records if one.key == unit.encode()] for unit in UNITS}
    mixed: list[Message] = []
    while any(queues.values()):
        mixed.append(queues[rng.choice([unit for unit, queue in queues.items() if queue])].pop(0))
    assert Run(twins).process(log(mixed), rng).end() == Run(twins).process(records).end()


def same_for_reordering_within_the_window(twins: Twins, seed: int) -> None:
    rng = random.Random(seed)
    shuffled: list[Message] = []
    straight: list[Message] = []
    for unit in UNITS:
        for boot in (1, 2):
            frames = [frame(unit, boot, sequence) for sequence in range(30)]
            late = {one: place + (rng.random() * WINDOW if place else -1) for place, one in enumerate(frames)}
            straight += frames
            shuffled += sorted(frames, key=late.__getitem__)
    run = Run(twins).process(log(shuffled), rng)
    assert run.end() == Run(twins).process(log(straight)).end()
    assert run.pipeline.counts["late"] == 0


class Everyone(Silence):
    """Lets every tick look at every unit, as if nobody knew to whom it matters."""

    def __init__(self, units: Mapping[bytes, object]) -> None:
        super().__init__()
        self.units = units

    def reached(self, offset: int, time_us: int) -> list[bytes]:
        return sorted(self.units)


def same_when_every_tick_looks_at_every_unit(twins: Twins, seed: int) -> None:
    rng = random.Random(seed)
    records = wild(rng) if rng.random() < 0.5 else drive(rng, ticks=True)
    thorough, run = Run(twins), Run(twins)
    thorough.pipeline._silence = Everyone(thorough.pipeline.units)
    thorough.process(records)
    run.process(records[: len(records) // 2], rng).process(records[len(records) // 3 :], rng)
    assert run.end() == thorough.end()
    assert run.offsets == thorough.offsets
    assert run.pipeline.counts["late"] == thorough.pipeline.counts["late"]


def same_after_restarts_anywhere(twins: Twins, seed: int) -> None:
    """Killed at random; what was saved is restored, reading begins at a commit that may be older than the save."""
    rng = random.Random(seed)
    records = wild(rng) if rng.random() < 0.5 else drive(rng, ticks=True)
    run, done, saved, committed = Run(twins), 0, 0, 0
    while done < len(records):
        until = min(len(records), done + rng.randrange(1, 60))
        run.process(records[done:until], rng)
        done = until
        if rng.random() < 0.5:
            committed = rng.choice([saved, committed])
            run.save()
            saved = done
            committed = rng.choice([saved, committed])
        if rng.random() < 0.4:
            run.restart()
            done = committed
    assert run.end() == Run(twins).process(records).end()


PROPERTIES = [
    same_for_any_cut,
    same_for_any_redelivery,
    same_for_duplicates_of_the_sender,
    same_for_any_interleaving_of_units,
    same_for_reordering_within_the_window,
    same_when_every_tick_looks_at_every_unit,
    same_after_restarts_anywhere,
]
named = pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)


@named
@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=20, deadline=None)
def test_order_and_bookkeeping(holds: object, seed: int) -> None:
    holds(recording(), seed)  # type: ignore[operator]


@named
@pytest.mark.parametrize("seed", range(6))
def test_the_twins_themselves(holds: object, seed: int) -> None:
    holds(real(), seed)  # type: ignore[operator]
