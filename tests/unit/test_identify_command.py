"""``edu-twin identify`` on drives and operating points: which rows count, and what the file says of them."""

import errno
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.sources.files import FileSource
from streams.sources.maps import load as load_map
from tests import drives
from tests.held import hold_all_but
from twin.identify import with_values
from twin.identify.efficiency_map import efficiency
from twin.trace import trace
from twin.variants import load
from twin.variants.parameters import parameters

BASE_LOAD_W = 480.0
PLAIN = ("sensors.torque_offset", "sensors.torque_dead_zone", "sensors.auxiliary_power_moving")
PLAIN += ("telemetry.torque_delay", "telemetry.dc_window")
PLAINLY = {"sensors.torque_gain": 1.0} | dict.fromkeys(PLAIN, 0.0)
"""Torque and current as they are sent."""
ROAD = """\
maker = "lab"
variant = "bmw-i3"
start = 2026-01-05T06:00:00Z
time = { column = "t" }
recordings = { column = "trip" }
[signals]
motor_speed_rpm = { column = "n" }
torque_nm = { column = "m" }
dc_voltage_v = { column = "u" }
dc_current_a = { column = "i" }
[clean]
for_s = 3
where = [{ column = "heater", at_most = 0 }]
"""
POINTS = """\
maker = "lab"
variant = "bmw-i3"
signals = { motor_speed_rpm = { column = "n" }, torque_nm = { column = "m" } }
measured = { efficiency = { column = "eta" } }
"""


@pytest.fixture
def road(tmp_path: Path) -> Path:
    """Three trips in two files: their battery feeds an unknown base load, and now and then a heater."""
    (tmp_path / "road.toml").write_text(ROAD)
    folder = tmp_path / "trips"
    folder.mkdir()
    own = parameters(with_values(load("bmw-i3").file, PLAINLY | {"sensors.auxiliary_power": BASE_LOAD_W}))
    trips = [_trip(own, name, seed) for seed, name in enumerate(("trip1", "trip2", "trip3"))]
    pq.write_table(pa.concat_tables(trips[:2]), folder / "a.parquet")
    pq.write_table(trips[2], folder / "b.parquet")
    return folder


def _trip(own: Any, name: str, seed: int) -> pa.Table:
    n = 3_000
    samples, t = drives.drive(n, hz=10.0), np.arange(n) / 10.0
    for sensor in set(samples.dtype.names) - {"motor_speed_rpm", "torque_nm", "dc_voltage_v"}:
        samples[sensor] = np.nan  # no thermometer: windings as warm as assumed
    samples["torque_nm"] += 20.0 * np.sin(0.3 * t + seed)
    points = trace(own, drives.times(n, hz=10.0), samples)
    heater = np.where((t % 60.0) < 20.0, 4_000.0, 0.0)
    dc_w = points["electrical_w"] + own["auxiliary_w"][0] + heater
    columns = {"n": samples["motor_speed_rpm"], "m": samples["torque_nm"], "u": samples["dc_voltage_v"]}
    columns |= {"t": t, "i": np.nan_to_num(dc_w) / samples["dc_voltage_v"], "heater": heater}
    return pa.table({**columns, "trip": [name] * n})


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["identify", *map(str, arguments)])


def test_rows_are_clean_when_nothing_was_on_for_as_long_as_the_map_says(road: Path) -> None:
    found = FileSource(road, load_map(str(road.parent / "road.toml")), for_fit=True).recordings
    trip = found["trip1"][0]
    t = (trip.times_us - trip.times_us[0]) / 1e6
    expected = (t % 60.0 >= 20.0 - 0.1 + 3.0 - 1e-6) & (t % 60.0 < 60.0)
    assert trip.clean.tolist() == expected.tolist()


def test_base_load_comes_back_from_clean_rows_of_chosen_trips(road: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "fitted.toml"
    own = tmp_path / "own"
    hold_all_but(own / "lab.toml", "bmw-i3", ("sensors.auxiliary_power",), PLAINLY)
    arguments = (road, "--map", tmp_path / "road.toml", "--fit", "power", "--recordings", "*[13]", "--out", out)
    result = run(*arguments, "--variants", own, "--variant", "lab", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["errors"].keys() == {"fitted", "not fitted"}
    for before, after in report["errors"].values():
        assert after["rmse_w"] < before["rmse_w"]
        assert abs(after["mean_w"]) < 3.0 < abs(before["mean_w"])
    assert report["errors"]["fitted"][0]["rows"] == 2 * report["errors"]["not fitted"][0]["rows"]
    text = out.read_text()
    for name, trip in (("a", "trip1"), ("b", "trip3")):
        digest = hashlib.sha256((road / f"{name}.parquet").read_bytes()).hexdigest()
        assert f"{name}.parquet, 3000 rows" in text
        assert f"(sha256 {digest[:12]}): {trip}" in text
    assert "trip2" not in text
    found = {number["key"]: number for number in report["numbers"]}["sensors.auxiliary_power"]
    assert found["after"] == pytest.approx(BASE_LOAD_W, abs=3.0)
    out.rename(own / "fitted.toml")
    assert load("fitted", own).file.sensors.auxiliary_power.value == pytest.approx(found["after"], rel=1e-6)


def test_files_of_one_name_judge_apart(road: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    table = pq.read_table(road / "b.parquet")
    pq.write_table(table.slice(0, 1_500), other / "b.parquet")
    own = tmp_path / "own"
    hold_all_but(own / "lab.toml", "bmw-i3", ("sensors.auxiliary_power",), PLAINLY)
    judges = ("--judge", road / "b.parquet", "--judge", other / "b.parquet", "--judge", road / "a.parquet")
    arguments = (road / "b.parquet", "--map", tmp_path / "road.toml", "--fit", "power", *judges)
    result = run(*arguments, "--variants", own, "--variant", "lab", "--json")
    assert result.exit_code == 0, result.output
    errors = json.loads(result.stdout)["errors"]
    assert errors.keys() == {"fitted", str(road / "b.parquet"), str(other / "b.parquet"), "a.parquet"}
    assert errors[str(other / "b.parquet")][0]["rows"] < errors[str(road / "b.parquet")][0]["rows"]


def test_every_other_point_of_a_measured_map_is_fitted_and_the_rest_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "points.toml").write_text(POINTS)
    truth = parameters(with_values(load("bmw-i3").file, PLAINLY | {"inverter.switching_energy": 0.09}))
    n, m = (grid.ravel() for grid in np.meshgrid(np.linspace(800.0, 9_000.0, 6), [20.0, 60.0, 140.0]))
    pq.write_table(pa.table({"n": n, "m": m, "eta": efficiency(truth, n, m)}), tmp_path / "points.parquet")
    own = tmp_path / "own"
    hold_all_but(own / "lab.toml", "bmw-i3", ("inverter.switching_energy",), PLAINLY)
    command = (tmp_path / "points.parquet", "--map", tmp_path / "points.toml", "--fit", "map", "--rows", "0::2")
    result = run(*command, "--variants", own, "--variant", "lab", "--json")
    assert result.exit_code == 0, result.output
    errors = json.loads(result.stdout)["errors"]
    assert errors["not fitted"][1]["rmse_pp"] < 0.5 * errors["not fitted"][0]["rmse_pp"]

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    unwritten = run(*command, "--variants", own, "--variant", "lab", "--json", "--out", tmp_path / "fitted.toml")
    assert unwritten.exit_code == 2
    assert json.loads(unwritten.stdout)["errors"] == errors  # a fit is not lost with its file
    assert "No space left" in unwritten.stderr


def test_what_cannot_be_fitted_is_said_in_one_line(road: Path, tmp_path: Path) -> None:
    (tmp_path / "points.toml").write_text(POINTS)
    (tmp_path / "never.toml").write_text(ROAD.replace("at_most = 0", "at_most = -1"))
    (tmp_path / "i3.toml").write_text('name = "i3"\nextends = "bmw-i3"')
    (tmp_path / "file").touch()
    road_map = ("--map", tmp_path / "road.toml", "--fit", "power")
    table = pq.read_table(road / "b.parquet")
    pq.write_table(
        table.set_column(table.column_names.index("i"), "i", pa.array([np.nan] * 3_000)), tmp_path / "no.parquet"
    )
    pq.write_table(
        table.set_column(table.column_names.index("t"), "t", pa.array(np.arange(3e3) * 6)), tmp_path / "6.parquet"
    )
    for arguments, reason in (
        ((road, "--map", tmp_path / "points.toml", "--fit", "power"), "needs the signals dc_voltage_v"),
        ((road, "--map", tmp_path / "road.toml", "--fit", "map"), "needs efficiency in [measured]"),
        ((road, *road_map, "--recordings", "x*"), "none is called so; there are trip1, trip2, trip3"),
        ((road, *road_map, "--rows", "0::2"), "must be without holes"),
        ((road, *road_map, "--rows", "one"), "give FROM:TO"),
        ((road, *road_map, "--rows", "9000:"), "leaves none of 3000 rows"),
        ((road, "--map", tmp_path / "never.toml", "--fit", "power", "--recordings", "trip1"), "trip1: no clean row"),
        ((road, *road_map, "--judge", tmp_path / "no.parquet"), "no.parquet: no clean row with a DC power"),
        ((tmp_path / "6.parquet", *road_map), "rows are 6 s apart, hold_limit is 5 s"),
        ((road, *road_map, "--out", tmp_path / "x.txt"), "must end in .toml"),
        ((road, *road_map, "--out", tmp_path / "a b.toml"), "letters, digits"),
        ((road, *road_map, "--out", tmp_path / "file" / "x.toml"), "file: File exists"),
        ((road, *road_map, "--out", tmp_path / "bmw-i3.toml"), "such as bmw-i3-fitted.toml"),
        (
            (road, *road_map, "--variants", tmp_path, "--variant", "i3", "--out", tmp_path / "new" / "bmw-i3.toml"),
            "the fit extends i3, so it cannot be called bmw-i3",
        ),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert reason in " ".join(result.stderr.split()), result.stderr
    assert not (tmp_path / "new").exists()
    replay = CliRunner().invoke(
        app, ["replay", str(road), "--map", str(tmp_path / "points.toml"), "--lines", str(tmp_path / "x")]
    )
    assert "no [time]" in replay.stderr
