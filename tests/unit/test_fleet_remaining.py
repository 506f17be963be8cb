"""``edu_life``: what the fleet stage says of how long the parts of a unit go on, from its log alone."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from schemas.components import Ageing, Component, Law, LifeSource
from schemas.daily import Mounting, Part, Registration, ServiceEvent
from schemas.results import Validity
from streams.fleet_log import encode
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.records import LogRecord
from tests.fleet_records import FIRST_DAY, MAKER, WAY_KM, WEAR, Seen, marker, part_record
from twin.fleet import ages as ages_of
from twin.fleet.ages import OF_INDICATOR
from twin.fleet.days import Day
from twin.fleet.designs import Designs
from twin.fleet.features import INDEX, N_FEATURES
from twin.fleet.indicators import INDICATORS, History, kind, levels, outlook, progress, rebased
from twin.fleet.lives import FRACTIONS, Peer
from twin.fleet.prospects import Wear, lives, prospect
from twin.fleet.remaining import MOST_A_DAY, due
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US

VARIANT = "bmw-gen5-rear"
COOLING = INDICATORS[0]
DAYS = 40


class Lives(Seen):
    """A sink that knows its lives."""

    def lives(self, unit: str, what: Ageing) -> list[Any]:
        """Points of a unit and component in the order of their days."""
        return [
            record
            for output in self.outputs
            for points in output.points
            if points.measurement == "edu_life"
            for name, record in zip(points.units, points.records, strict=True)
            if name == unit and record["component"] == what
        ]


def part(unit: str, day: int, ratio: float = 1.0, segment: int = 0, variant: str = VARIANT) -> LogRecord:
    value, valid = np.full((1, N_FEATURES), np.nan), np.zeros((1, N_FEATURES), np.bool_)
    at = INDEX[COOLING.field]
    value[0, at], valid[0, at] = ratio, True
    sd = np.full((1, N_FEATURES), 0.03)
    return part_record(Day(day, [unit], value, sd, valid, np.array([segment]), valid[:, 0]), 0, variant, 0)


def event(unit: str, day: int, what: Part, action: str = "replaced", **more: Any) -> LogRecord:
    time_us = day * DAY_US + DAY_US // 2
    (record,) = encode(ServiceEvent(unit=unit, maker=MAKER, action=action, part=what, time_us=time_us, **more))  # type: ignore[arg-type]
    return record


def days(units: Iterable[str], first: int = 0, last: int = DAYS) -> Iterable[LogRecord]:
    for day in range(FIRST_DAY + first, FIRST_DAY + last):
        yield from (part(unit, day) for unit in units)
        yield marker(day, 0, 0)


def told(*records: LogRecord) -> tuple[Lives, FleetPipeline]:
    sink = Lives()
    pipeline = FleetPipeline(MAKER, 1, FleetRules(), [sink])
    pipeline.process(list(as_log(records)))
    return sink, pipeline


def quantiles(point: Any, clock: str = "km") -> list[float]:
    return [float(point[f"remaining_{clock}_q{level:02d}"]) for level in (5, 10, 50, 90, 95)]


def test_damage_of_the_days_adds_up_and_gives_quantiles_in_three_clocks() -> None:
    sink, _ = told(*days(["a"]))
    oil = sink.lives("a", Ageing.OIL)
    assert [point["day"] for point in oil] == list(range(FIRST_DAY, FIRST_DAY + DAYS))
    newest = oil[-1]
    assert newest["source"] == LifeSource.USAGE
    assert newest["validity"] == Validity.VALID
    assert newest["damage"] == pytest.approx(DAYS * WEAR[Component.OIL])
    assert newest["age_km"] == pytest.approx(DAYS * WAY_KM)
    assert newest["since_day"] == FIRST_DAY
    design = Designs().of(VARIANT)
    assert design is not None
    per_km = WEAR[Component.OIL] / WAY_KM
    assert newest["design_ratio"] == pytest.approx(per_km / design.damage_per_km[Component.OIL])
    for clock, per_day in (("km", WAY_KM), ("h", WAY_KM / 40.0), ("d", 1.0)):
        found = quantiles(newest, clock)
        assert found == sorted(found)
        assert found[2] == pytest.approx(per_day / WEAR[Component.OIL], rel=0.15)


def test_the_fleet_stage_and_the_forecast_of_a_lake_say_the_same() -> None:
    """The same days through the history that ``edu-twin forecast`` reads; its peers leave the unit itself out."""
    ratio = 1.0 - 0.2 * np.linspace(0.0, 1.0, DAYS) + 0.01 * (-1.0) ** np.arange(DAYS)
    records = []
    for k in range(DAYS):
        records += [part("a", FIRST_DAY + k, ratio[k]), part("b", FIRST_DAY + k), marker(FIRST_DAY + k, 0, 2)]
    sink, _ = told(*records)
    day, ones = FIRST_DAY + np.arange(DAYS), np.ones(DAYS)
    wear = Wear(day, WAY_KM * ones, WAY_KM / 40.0 * ones, WEAR[Component.OIL] * ones)
    by_use = prospect(lives(Component.OIL, Law.ARRHENIUS, [Peer(wear.now, ended=False)]), wear)
    assert by_use is not None
    assert quantiles(sink.lives("a", Ageing.OIL)[-1]) == pytest.approx(by_use.km, rel=0.02)
    design = Designs().of(VARIANT)
    assert design is not None
    km = WAY_KM * np.cumsum(ones)
    history = History(day, km, levels(COOLING, ratio), np.zeros(DAYS, np.int64))
    driven = Wear(day, wear.km, wear.hours, wear.km)
    by_sign = outlook(COOLING, kind([Peer(float(km[-1]), ended=False)], design.distance_km), history, driven)
    assert by_sign is not None
    newest = sink.lives("a", Ageing.COOLING)[-1]
    assert newest["source"] == LifeSource.INDICATOR
    assert newest["share"] == pytest.approx(by_sign.progress.share, abs=1e-6)
    assert newest["share_sd"] == pytest.approx(by_sign.progress.noise, rel=0.02)
    for clock, found in (("km", by_sign.km), ("h", by_sign.hours), ("d", by_sign.days)):
        # noise is that of the newest thirty days here, of all there: 1 % more of it, low quantiles 14 % higher
        assert quantiles(newest, clock) == pytest.approx(found, rel=0.2)
        assert quantiles(newest, clock)[2:] == pytest.approx(found[2:], rel=0.02)


def test_an_indicator_warms_up_for_ten_days_and_one_never_seen_says_nothing() -> None:
    sink, _ = told(*days(["a"], last=12))
    cooling = sink.lives("a", Ageing.COOLING)
    assert [point["validity"] for point in cooling] == [Validity.WARMING_UP] * 9 + [Validity.VALID] * 3
    assert all(math.isnan(value) for value in quantiles(cooling[0]))
    assert not sink.lives("a", Ageing.MAGNETS)


def test_a_replaced_part_begins_anew_on_the_day_after_and_the_others_go_on() -> None:
    sink, pipeline = told(*days(["a"], last=20), event("a", FIRST_DAY + 19, Part.OIL), *days(["a"], first=20))
    oil, seal = sink.lives("a", Ageing.OIL), sink.lives("a", Ageing.SEAL)
    assert oil[19]["damage"] == pytest.approx(20 * WEAR[Component.OIL])
    assert oil[-1]["damage"] == pytest.approx(20 * WEAR[Component.OIL])
    assert oil[-1]["since_day"] == FIRST_DAY + 20
    assert oil[-1]["age_km"] == pytest.approx(20 * WAY_KM)
    assert oil[20]["validity"] == Validity.VALID, "how it is used is known already"
    assert oil[-1]["segment"] > oil[0]["segment"]
    assert seal[-1]["damage"] == pytest.approx(DAYS * WEAR[Component.SEAL])
    (former,) = pipeline.state.former
    assert former[:2] == (VARIANT, Ageing.OIL)
    assert former.age == pytest.approx(20 * WEAR[Component.OIL])
    assert not former.failed
    assert former.shares is None


def test_an_event_told_late_takes_out_what_was_driven_up_to_it_by_whole_weeks() -> None:
    on = FIRST_DAY + 15  # a day before a week begins, counted from 1970
    on += 6 - on % 7
    sink, _ = told(*days(["a"], last=36), event("a", on, Part.OIL), *days(["a"], first=36, last=37))
    after = FIRST_DAY + 36 - on
    assert sink.lives("a", Ageing.OIL)[-1]["damage"] == pytest.approx(after * WEAR[Component.OIL])


def test_a_replacement_that_is_told_again_or_older_than_the_part_is_no_further_life() -> None:
    new_oil = event("a", FIRST_DAY + 9, Part.OIL, failed=True)
    early, late = days(["a"], last=20), days(["a"], first=20)
    _, once = told(*days(["a"], last=10), new_oil, *days(["a"], first=10))
    _, twice = told(*early, new_oil, new_oil, *late, new_oil, event("a", FIRST_DAY + 4, Part.OIL), marker(20_041, 0, 0))
    assert [(one.what, one.failed) for one in twice.state.former] == [(Ageing.OIL, True)]
    assert once.state.ages.rows["since_day"][0, Ageing.OIL] == twice.state.ages.rows["since_day"][0, Ageing.OIL]
    assert twice.state.ages.rows["damage"][0, Ageing.OIL] == pytest.approx(
        once.state.ages.rows["damage"][0, Ageing.OIL], rel=0.2
    )


def test_parts_of_days_before_a_replacement_that_come_after_it_are_not_the_new_parts() -> None:
    records = [*days(["a"], last=10), event("a", FIRST_DAY + 9, Part.OIL), *days(["a"], first=10, last=12)]
    late = part_record(Day(FIRST_DAY + 5, ["a"], *_nothing()), 0, VARIANT, 1)
    sink, _ = told(*records, late, *days(["a"], first=12, last=14))
    assert sink.lives("a", Ageing.OIL)[-1]["damage"] == pytest.approx(4 * WEAR[Component.OIL])
    assert sink.lives("a", Ageing.SEAL)[-1]["damage"] == pytest.approx(15 * WEAR[Component.SEAL])


def _nothing() -> tuple[Any, ...]:
    empty, never = np.full((1, N_FEATURES), np.nan), np.zeros((1, N_FEATURES), np.bool_)
    return empty, empty, never, np.zeros(1, np.int64), never[:, 0]


def test_a_part_that_failed_early_brings_the_end_of_the_others_nearer() -> None:
    def oil_of_b(failed: bool) -> list[float]:
        broken = [event("a", FIRST_DAY + 9, Part.OIL, failed=failed)]
        sink, _ = told(*days(["a", "b"], last=10), *broken, *days(["a", "b"], first=10))
        return quantiles(sink.lives("b", Ageing.OIL)[-1])

    assert oil_of_b(failed=True)[2] < 0.7 * oil_of_b(failed=False)[2]


@pytest.mark.parametrize("power", [1.0, 4.0])
def test_what_an_indicator_showed_on_the_way_is_known_at_the_end_of_its_life(power: float) -> None:
    """Marks along a life of any length; each share is one that was known by then."""
    for count, way_km in ((60, 20.0), (300, 60.0), (400, 900.0)):
        unit, used = ages_of.new(1), np.zeros((1, ages_of.N_USED))
        used[0, ages_of.KM] = way_km
        for day in range(count):
            ages_of.use(unit, FIRST_DAY + day, used)
            shown = np.full((1, len(INDICATORS)), np.nan)
            shown[0, 0] = math.exp(-COOLING.limit * ((day + 1) / count) ** power)
            ages_of.show(unit, shown, np.zeros(1, np.int64))
        end = ages_of.Replaced("a", FIRST_DAY + count, Part.COOLANT.value, True, None)
        (former,) = ages_of.told(unit[0], end, VARIANT)
        assert former.age == pytest.approx(count * way_km)
        peer = former.peer(0.4)
        assert peer.ended
        assert peer.shares is not None
        assert peer.noise > 0.0
        known = np.isfinite(peer.shares)
        assert known.sum() >= 6
        # seen in means of ten days, from the best of them on, at marks of at most an eighth of the life
        late = np.maximum(FRACTIONS[known] - 1.0 / 8.0 - 10.0 / count, 0.0)
        assert np.all(peer.shares[known] <= FRACTIONS[known] ** power + 1e-6)
        assert np.all(peer.shares[known] >= late**power - (10.0 / count) ** power)
        assert former._replace(failed=False).peer(1.0).shares is None


def test_km_begin_where_the_unit_was_fitted_and_the_odometer_counts_what_nobody_saw() -> None:
    fact = {"variant": VARIANT, "vehicle": "car", "mounting": Mounting.REAR, "plant": "p", "built": "2024-01-01"}
    (known,) = encode(Registration(unit="a", maker=MAKER, fitted_at_km=70_000.0, **fact))  # type: ignore[arg-type]
    read = event("a", FIRST_DAY + 9, Part.PUMP, "inspected", odometer_km=75_000.0)
    sink, _ = told(known, *days(["a"], last=10), read, *days(["a"], first=10, last=12))
    assert sink.lives("a", Ageing.COOLING)[-1]["age_km"] == pytest.approx(5_000.0 + 2 * WAY_KM)


def test_of_a_variant_without_a_file_nothing_is_told() -> None:
    records = [part("a", FIRST_DAY, variant="unheard-of"), part("b", FIRST_DAY), marker(FIRST_DAY, 0, 2)]
    sink, _ = told(*records)
    assert not sink.lives("a", Ageing.OIL)
    assert sink.lives("b", Ageing.OIL)


def test_a_restart_in_the_middle_of_a_week_changes_no_bit() -> None:
    broken = [event("b", FIRST_DAY + 17, part, failed=True) for part in (Part.OIL, Part.COOLANT)]
    records = list(as_log([*days(["a", "b"], last=20), *broken, *days(["a", "b"], first=20, last=25)]))
    half = len(records) - 7
    whole, sink = Lives(), Lives()
    pipeline = FleetPipeline(MAKER, 1, FleetRules(), [whole])
    pipeline.process(records[:half])
    cut = pipeline.cut()
    pipeline.process(records[half:])
    again = FleetPipeline(MAKER, 1, FleetRules(), [sink])
    again.restore(cut.closed, cut.waiting)
    assert again.cut()[:2] == cut[:2]
    again.process(records[half:])
    for unit in ("a", "b"):
        for what in (Ageing.OIL, Ageing.COOLING):
            redone = sink.lives(unit, what)
            assert len(redone) >= 2
            assert [bytes(one) for one in whole.lives(unit, what)[-len(redone) :]] == [bytes(one) for one in redone]


def test_a_large_fleet_is_told_in_turn() -> None:
    names = [f"u{k:06d}" for k in range(4 * MOST_A_DAY)]
    turns = [set(due(names, len(names), day).tolist()) for day in range(4)]
    assert sum(map(len, turns)) == len(set().union(*turns)) == len(names)
    assert max(map(len, turns)) < 1.1 * MOST_A_DAY
    assert len(due(names[:5], MOST_A_DAY, 3)) == 5


def test_days_of_an_indicator_add_up_to_the_progress_of_their_history() -> None:
    """Day by day as by the whole history, with segments of any length; a short one is passed over."""
    random = np.random.default_rng(4)
    for _ in range(20):
        count = int(random.integers(12, 150))
        segment = np.cumsum(random.random(count) < 0.02)
        level = random.normal(0.0, 0.03, count) + np.linspace(0.0, 0.25, count) + 0.3 * segment
        unit = ages_of.new(1)
        for one, of in zip(level, segment, strict=True):
            shown = np.full((1, len(INDICATORS)), np.nan)
            shown[0, 0] = math.exp(-one)
            ages_of.show(unit, shown, np.array([of]))
        whole = History(np.arange(count), np.arange(count) * 1.0, level, segment)
        lengths = np.bincount(segment)
        if lengths.min() < 10:
            continue
        found = progress(COOLING, rebased(whole))
        assert found is not None
        share = float(unit["present"][0, 0] - unit["best"][0, 0]) / COOLING.limit
        assert share == pytest.approx(found.share, abs=0.02 + 0.1 * segment[-1])
    assert Ageing[COOLING.name.upper()] == OF_INDICATOR[0]
