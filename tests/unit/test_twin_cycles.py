"""Cycles through the twin: those of pyLife on real torque, one residue for a life, gaps bridged or marked."""

from pathlib import Path

import numpy as np
import pylife.stress.rainflow as pylife_rainflow
import pytest

from schemas.loads import LoadKind
from tests import drives, road
from tests.cycles import pylife_pairs
from tests.data import reference_data
from tests.drives import START_US
from tests.wearing import HOUR_US, Unit, warm
from twin.estimators.losses import true_torque
from twin.layout import FAST_SLOTS
from twin.twin import Twin
from twin.variants import load

REAR = Twin(load("bmw-gen5-rear"))
KEYS = ("time_us", "kind", "place")


@pytest.fixture(scope="module")
def counts_all(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """An i3 whose torque has no noise."""
    folder: Path = tmp_path_factory.mktemp("variants")
    (folder / "i3-all.toml").write_text(
        'name = "i3-all"\nextends = "bmw-i3"\n'
        '[lifetime.counting]\ntorque = { value = 0, unit = "Nm", source = "to compare with pyLife" }\n'
    )
    return Twin(load("i3-all", folder))


@pytest.mark.data
def test_torque_of_every_real_trip_closes_the_cycles_of_pylife_in_its_order(counts_all: Twin) -> None:
    par = counts_all.variant.parameters.view(np.recarray)[0]
    trips = road.trips(reference_data("bmw-i3-trips"))
    assert len(trips) == 40
    for trip in trips:
        unit = Unit(counts_all).drive(trip.samples, trip.times_us)
        found = unit.cycles(LoadKind.TORQUE_CYCLE)
        used = np.isfinite(trip.samples["torque_nm"]) & np.isfinite(trip.samples["motor_speed_rpm"])
        torque_nm = [true_torque(par, sample["torque_nm"], sample["motor_speed_rpm"]) for sample in trip.samples[used]]
        detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
        detector.process(np.array(torque_nm, np.float32).astype(np.float64))
        assert list(zip(found["start"], found["end"], strict=True)) == pylife_pairs(detector), trip.name
        assert unit.row.torque_flow.overflows == 0


def test_every_cycle_has_a_key_of_its_own() -> None:
    unit = Unit(REAR).drive(drives.drive(9_000), drives.times(9_000))
    loads = unit.of("loads")
    assert {LoadKind(kind) for kind in loads["kind"]} >= {LoadKind.JUNCTION_CYCLE, LoadKind.TORQUE_CYCLE}
    assert len(np.unique(loads[list(KEYS)])) == len(loads)
    cycles = loads[loads["kind"] >= LoadKind.JUNCTION_CYCLE]
    assert (np.abs(cycles["end"] - cycles["start"]) > 2.0).all()
    assert (cycles["count"] == 1.0).all()
    assert (cycles["rise_s"] > 0.0).all()


def test_the_residue_goes_on_over_trips_so_the_cycle_from_cold_to_warm_is_counted() -> None:
    unit = Unit(REAR)
    count = 12_000
    for trip in range(3):
        start_us = START_US + trip * 10 * HOUR_US
        cold = drives.drive(count)
        for name in ("winding_temp_c", "coolant_in_temp_c", "coolant_out_temp_c", "oil_temp_c"):
            cold[name] -= 28.0
        unit.drive(cold, drives.times(count, start_us=start_us))
    for kind, least_k in (
        (LoadKind.COOLANT_CYCLE, 8.0),
        (LoadKind.WINDING_CYCLE, 20.0),
        (LoadKind.JUNCTION_CYCLE, 60.0),
    ):
        cycles = unit.cycles(kind)
        largest = cycles[np.argmax(np.abs(cycles["end"] - cycles["start"]))]
        assert abs(largest["end"] - largest["start"]) > least_k, kind
        assert largest["bridged"] == 1, kind
        assert largest["time_us"] > START_US + 10 * HOUR_US


def test_a_short_gap_is_bridged_and_its_end_is_no_load_change_of_the_module() -> None:
    whole, broken = Unit(REAR), Unit(REAR)
    samples, times_us = warm(6_000, torque_nm=250.0), drives.times(6_000)
    samples["torque_nm"] += 20.0 * np.sin(np.arange(6_000) / 300.0)
    whole.drive(samples, times_us)
    kept = np.ones(6_000, bool)
    for gap in range(600, 6_000, 900):
        kept[gap : gap + 120] = False  # 12 s, in which the twin believes the inverter off
    broken.drive(samples[kept], times_us[kept])
    assert broken.row.foster_k[0].sum() > 25.0
    seen, found = (
        np.abs(unit.cycles(LoadKind.JUNCTION_CYCLE)["end"] - unit.cycles(LoadKind.JUNCTION_CYCLE)["start"])
        for unit in (whole, broken)
    )
    assert 1 <= len(found) <= len(seen)
    for range_k in found:
        assert np.abs(seen - range_k).min() < 0.5  # no cycle that the whole drive does not have
    assert (broken.of("loads")["bridged"] == 0).all()
    largest = [np.ptp(unit.row.junction_flow.value[: unit.row.junction_flow.count]) for unit in (whole, broken)]
    assert largest[1] == pytest.approx(largest[0], rel=0.02)


def test_after_a_long_gap_the_cold_unit_is_a_turning_point_and_its_cycle_says_bridged() -> None:
    unit = Unit(REAR)
    for trip in range(3):
        start_us = START_US + trip * 6 * HOUR_US
        driving = warm(3_000, torque_nm=250.0)
        if trip:
            for name in ("winding_temp_c", "coolant_in_temp_c", "coolant_out_temp_c", "oil_temp_c", "ambient_temp_c"):
                driving[name][:100] = 20.0  # it has cooled down; the first seconds say so
        unit.drive(driving, drives.times(3_000, start_us=start_us))
    (cycle,) = [one for one in unit.cycles(LoadKind.JUNCTION_CYCLE) if abs(one["end"] - one["start"]) > 60.0]
    assert cycle["bridged"] == 1
    assert min(cycle["start"], cycle["end"]) == pytest.approx(20.0, abs=2.0)
    torque = unit.cycles(LoadKind.TORQUE_CYCLE)
    assert [(one["start"], one["end"], one["bridged"]) for one in torque] == [(0.0, 250.0, 1)]
    assert unit.row.torque_flow.value[: unit.row.torque_flow.count].tolist() == [250.0, 0.0, 250.0]


def test_another_software_changes_neither_residue_nor_damage() -> None:
    samples, times_us = drives.drive(6_000), drives.times(6_000)
    one = Unit(REAR).drive(samples, times_us)
    other = Unit(REAR).drive(samples[:3_000], times_us[:3_000])
    worn = other.wear
    other.drive(samples[3_000:], times_us[3_000:], identity=2)
    assert other.row.segment == 2
    assert all(other.wear[name] >= worn[name] for name in worn)
    for name in ("pitting_driving", "bending_driving"):
        assert other.wear[name] == one.wear[name]
    torque = [unit.cycles(LoadKind.TORQUE_CYCLE) for unit in (one, other)]
    assert torque[0]["end"].tolist() == torque[1]["end"].tolist()


def test_a_residue_that_is_full_closes_its_smallest_pair_and_counts_that() -> None:
    swings = FAST_SLOTS + 20
    samples = warm(swings * 10)
    size_nm = np.repeat(300.0 - 3.0 * np.arange(swings), 10)
    samples["torque_nm"] = size_nm * np.repeat((-1.0) ** np.arange(swings), 10)
    unit = Unit(REAR).drive(samples, drives.times(len(samples)))
    assert unit.row.torque_flow.overflows == len(unit.cycles(LoadKind.TORQUE_CYCLE)) == 10
    told = unit.tick(START_US + HOUR_US).of("healths")["overflows"]
    assert len(told) > 0
    assert (told == 10).all()


def test_what_is_no_number_reaches_no_counter() -> None:
    samples = drives.drive(4_000)
    samples["torque_nm"][::7] = np.nan
    samples["coolant_in_temp_c"][1_000:2_000] = np.nan
    samples["winding_temp_c"] = np.nan
    unit = Unit(REAR).drive(samples, drives.times(4_000))
    for flow in ("junction_flow", "torque_flow", "winding_flow", "coolant_flow"):
        assert np.isfinite(unit.row[flow].value).all()
    assert np.isfinite(list(unit.wear.values())).all()
