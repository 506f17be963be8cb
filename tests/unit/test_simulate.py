"""Fleet descriptions, mishaps on the way, and the command that makes a fleet of them."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.commands import demo_scenario
from streams.sources import Block, SourceError, scenario
from streams.sources.mishaps import Transport
from streams.sources.plant import PlantSource
from streams.sources.records import records
from tests.data import reference_data
from twin.plant.faults import KINDS
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit

runner = CliRunner()
SMALL = """
title = "small"
days = 1
vehicles = [{ model = "ix50", count = 2 }, { model = "i3" }]
faults = [{ kind = "pump", units = [1] }, { kind = "winding_sensor", variant = "bmw-i3", size = 4.0, day = 0.5 }]
firmware = [{ version = "1.1", day = 0, variant = "bmw-i3" }]
"""


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def blocks(text: str, path: Path) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for plan in scenario.load(written(path, text)).plans():
        for block in PlantSource(plan).blocks():
            found.setdefault(block.identity.unit, []).append(block)
    return found


@pytest.mark.parametrize("name", [name for name in scenario.names() if name != "wltc"])
def test_every_shipped_scenario_can_be_planned(name: str) -> None:
    plans = scenario.load(name).plans()
    assert len({unit.name for plan in plans for unit in plan.units}) == sum(len(plan.units) for plan in plans) >= 10


def test_shipped_scenarios_cover_what_the_simulator_can_do() -> None:
    assert {"healthy", "faults", "ageing", "bad-batch", "firmware-step", "hot-climate", "transport-stress"} <= set(
        scenario.names()
    )
    assert {fault.kind for fault in scenario.load("faults").faults} == set(KINDS)
    one_each = Counter(unit for fault in scenario.load("faults").faults for unit in fault.units)
    assert set(one_each.values()) == {1}


@pytest.mark.data
def test_a_scenario_with_a_recorded_cycle_drives_it() -> None:
    plans = scenario.load("wltc").plans(reference_data("drive-cycles"))
    source = PlantSource(plans[0].part(0, 2))
    speeds = np.concatenate([block.signals["vehicle_speed_km_h"] for block in source.blocks()])
    assert 125.0 < speeds.max() < 136.0  # WLTC class 3b: 131.3 km/h
    assert len(speeds) == 3 * 2 * 1801


def test_a_description_names_pairs_faults_batches_and_firmware(tmp_path: Path) -> None:
    found = blocks(SMALL, tmp_path / "small.toml")
    assert sorted(found) == ["gen5-front-000", "gen5-front-002", "gen5-rear-001", "gen5-rear-003", "i3-004"]
    front, rear = found["gen5-front-000"], found["gen5-rear-001"]
    assert front[0].identity.vehicle == rear[0].identity.vehicle != found["gen5-rear-003"][0].identity.vehicle
    assert front[0].identity.hardware == "p0-b000-front"
    assert [block.times_us[0] for block in front] == [block.times_us[0] for block in rear]
    assert {block.identity.firmware for block in found["i3-004"]} == {"1.1"}
    assert {block.identity.firmware for block in front} == {"1.0"}


def test_a_subset_and_an_order_of_units_give_the_same_data(tmp_path: Path) -> None:
    (plan,) = scenario.load(written(tmp_path / "small.toml", SMALL)).plans()
    whole: dict[tuple[str, int, int], bytes] = {}
    parts: dict[tuple[str, int, int], bytes] = {}
    for b in PlantSource(plan).blocks():
        whole[b.identity.unit, b.boot, b.sequence] = b.signals["torque_nm"].tobytes()
    for index in (2, 0, 1):
        for b in PlantSource(plan.part(index, 3)).blocks():
            parts[b.identity.unit, b.boot, b.sequence] = b.signals["torque_nm"].tobytes()
    assert parts == whole


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"ix50"', '"ix5"'), "unknown vehicle model 'ix5'"),
        (('"pump"', '"rust"'), "unknown fault 'rust'"),
        (("units = [1]", "units = [77]"), "no unit fits"),
        (("days = 1", "days = 0"), "days"),
        (("title", "name"), "title"),
        (('model = "i3"', 'model = "i3", climate = "moon"'), "unknown climate 'moon'"),
        (('model = "i3"', 'model = "i3", customers = ["racer"]'), "unknown customers racer"),
        (('model = "i3"', 'model = "i3", cycle = "none"'), "driving cycle none"),
        (("days = 1", "days = ["), "Invalid value"),
    ],
)
def test_errors_in_a_description_name_the_place_and_what_there_is(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    path = written(tmp_path / "broken.toml", SMALL.replace(*change))
    with pytest.raises(SourceError) as error:
        scenario.load(path).plans()
    assert words in str(error.value)


def stressed(tmp_path: Path, transport: str) -> tuple[list[Block], list[Block]]:
    """Blocks of one unit over four days, without and with mishaps."""
    text = 'title = "x"\ndays = 4\nframe_s = 20\nvehicles = [{ model = "i3", customers = ["city"] }]\n'
    (calm,) = blocks(text, tmp_path / "calm.toml").values()
    (rough,) = blocks(f"{text}[transport]\n{transport}", tmp_path / "rough.toml").values()
    assert [block.order for block in rough] == sorted(block.order for block in rough)
    return calm, rough


def test_lost_and_doubled_frames_come_as_often_as_described(tmp_path: Path) -> None:
    calm, rough = stressed(tmp_path, "lost = 0.10\nduplicate = 0.10")
    counts = Counter((block.boot, block.sequence) for block in rough)
    assert 1 - len(counts) / len(calm) == pytest.approx(0.10, abs=0.035)
    assert sum(count == 2 for count in counts.values()) / len(counts) == pytest.approx(0.10, abs=0.035)
    same = {(block.boot, block.sequence): block for block in calm}
    for block in rough:
        assert block.signals["torque_nm"].tobytes() == same[block.boot, block.sequence].signals["torque_nm"].tobytes()


def test_late_and_overtaken_frames_keep_their_time_and_come_later(tmp_path: Path) -> None:
    _, rough = stressed(tmp_path, "late = 0.05\nlate_minutes = 20\nreorder = 0.10")
    delays_s = np.array([block.order[0] - block.times_us[-1] for block in rough]) / 1e6
    assert delays_s.min() == 0.0
    assert np.mean(delays_s > 60.0) == pytest.approx(0.05, abs=0.025)
    assert np.mean((delays_s > 0.0) & (delays_s <= 60.0)) == pytest.approx(0.10, abs=0.04)
    numbers = [(block.boot, block.sequence) for block in rough]
    assert numbers != sorted(numbers)


def test_drop_outs_come_in_bursts_and_clocks_drift_and_step(tmp_path: Path) -> None:
    calm, rough = stressed(tmp_path, "dropout = 0.05\nclock_step = 0.5\nclock_drift_ppm = 50")
    missing = np.concatenate([np.isnan(block.signals["torque_nm"]) for block in rough])
    assert missing.mean() == pytest.approx(0.05, abs=0.02)
    assert np.diff(np.flatnonzero(np.diff(missing.astype(int)))).min() >= 5
    error_ms = np.array([(r.times_us[0] - c.times_us[0]) / 1000 for r, c in zip(rough, calm, strict=True)])
    assert error_ms[0] == 0.0
    assert 1.0 < np.abs(error_ms).max() < 3000.0
    assert (np.abs(np.diff(error_ms)) > 50.0).any(), "a step"


def test_mishaps_are_the_same_each_time_and_are_counted_beforehand() -> None:
    (plan, _) = scenario.load("transport-stress").model_copy(update={"days": 1}).plans()
    source = PlantSource(plan.part(0, 4))
    first = [record.value for record in records(source)]
    assert first == [record.value for record in records(source)]
    assert source.frames == sum(record.key is not None for record in records(source))
    assert isinstance(plan.transport, Transport)


def test_the_command_writes_telemetry_and_truth_of_every_unit(tmp_path: Path) -> None:
    description = written(tmp_path / "small.toml", SMALL)
    out, truth = tmp_path / "telemetry", tmp_path / "truth"
    done = runner.invoke(app, ["simulate", description, "--files", str(out), "--truth", str(truth), "--json"])
    assert done.exit_code == 0, done.output
    (report,) = json.loads(done.stdout)["makers"]
    assert report["units"] == 5
    rows = {path.stem: pq.read_table(path) for path in out.iterdir()}
    assert sum(len(table) for table in rows.values()) == report["samples"]
    known = pq.read_table(truth / "i3-004.parquet").to_pydict()
    assert known["time_us"] == rows["i3-004"]["time_us"].to_pylist()
    assert set(known["faults"]) == {"software", "winding_sensor+software"}
    assert set(pq.read_table(truth / "gen5-front-000.parquet")["faults"].to_pylist()) == {"none"}
    shaft, dc, ratio = (np.array(known[name]) for name in ("shaft_power_w", "dc_power_w", "efficiency"))
    losses = sum(np.array(known[f"{name}_loss_w"]) for name in ("copper", "iron", "rotor", "inverter"))
    assert dc == pytest.approx(shaft + losses)
    assert np.isnan(ratio[np.abs(shaft) < 3000.0]).all()
    assert 0.8 < np.nanmedian(ratio) < 0.97


def test_ten_samples_a_second_and_other_days_by_option(tmp_path: Path) -> None:
    description = written(tmp_path / "small.toml", SMALL)
    done = runner.invoke(
        app, ["simulate", description, "--truth", str(tmp_path / "t"), "--rate", "10", "--seed", "3", "--json"]
    )
    assert done.exit_code == 0, done.output
    times_us = pq.read_table(tmp_path / "t" / "i3-004.parquet")["time_us"].to_numpy()
    assert np.median(np.diff(times_us)) == 100_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["healthy"], "say where to"),
        (["healthy", "--kafka", "x:1", "--lake", "y"], "say where to"),
        (["nope", "--lake", "y"], "no shipped scenario"),
        (["healthy", "--lake", "y", "--maker", "audi"], "has units of bmw, jlr"),
        (["healthy", "--lake", "y", "--rate", "7"], "1 or 10 samples"),
    ],
)
def test_wrong_options_are_answered_in_one_line(arguments: list[str], words: str) -> None:
    done = runner.invoke(app, ["simulate", *arguments])
    assert done.exit_code in (2, 3)
    assert words in " ".join(done.stderr.split())


def test_the_shipped_scenarios_are_listed() -> None:
    done = runner.invoke(app, ["simulate", "list"])
    assert done.exit_code == 0
    assert all(name in done.stdout for name in scenario.names())


ALL = {
    "bmw-gen5-rear", "bmw-gen5-front", "bmw-gen5-performance", "mini-eesm", "jaguar-ipace", "landrover-800v-front",
    "landrover-800v-rear", "bmw-gen6-front", "bmw-i3",
}  # fmt: skip


@pytest.mark.parametrize("known", [ALL, {"bmw-gen5-rear", "bmw-i3"}, {"jaguar-ipace"}])
@pytest.mark.parametrize("units", [1, 3, 20, 60, 61])
def test_the_fleet_of_the_demo_has_so_many_units_of_the_variants_that_are_known(known: set[str], units: int) -> None:
    planned = demo_scenario.scenario(units, 45, 1, known).plans()
    machines = [unit.machine for plan in planned for unit in plan.units]
    assert len(machines) == units
    assert {machine.name for machine in machines} <= known
    if units >= 20:
        assert {machine.name for machine in machines} == known
        ill = [unit for plan in planned for unit in plan.units if any(f.kind != "software" for f in unit.faults)]
        assert 5 <= len(ill) <= 10


def test_every_ageing_unit_of_the_ageing_scenario_reaches_its_end_in_time() -> None:
    described = scenario.load("ageing")
    units = [(plan, unit) for plan in described.plans() for unit in plan.units if unit.faults]
    assert len(units) == sum(len(entry.units) for entry in described.faults)
    for plan, unit in units:
        simulated = SimulatedUnit(unit.machine, plan.seed, unit.number, plan.start_s, unit.surroundings, unit.faults)
        drives = simulated.drives(plan.start_s // DAY_S, plan.days)
        assert any(drive.truth.damage[-1] >= 1.0 for drive in drives), unit.faults[0].kind
