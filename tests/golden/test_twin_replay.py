"""One drive per variant, replayed and compared with the results that were accepted.

A difference is a change of results: if it is meant, say so in the changelog and run with ``--accept-golden``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import drives
from tests.drives import MINUTE_US, START_US
from twin.twin import Twin
from twin.variants import Variant, load, names

FOLDER = Path(__file__).parent
RELATIVE = 1e-9
Table = dict[str, list[dict[str, Any]]]


def recording(variant: Variant) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """12 minutes of driving, a stop, an hour's gap and another short drive, at what the variant's machine can do."""
    machine, samples, times_us = variant.file.machine, drives.drive(7_800), drives.times(7_800)
    speed, torque = machine.max_speed.value / 12_000.0, machine.max_torque.value / 250.0
    voltage = variant.file.inverter.dc_voltage.value / 380.0
    samples["motor_speed_rpm"] *= speed
    samples["torque_nm"] *= torque
    samples["dc_voltage_v"] *= voltage
    samples["dc_current_a"] *= speed * torque / voltage
    samples["torque_nm"][6_600:7_200] = samples["motor_speed_rpm"][6_600:7_200] = 0.0
    samples["vehicle_speed_km_h"] = np.nan
    times_us[7_200:] += 60 * MINUTE_US
    return samples, times_us


def replay(variant: Variant) -> Table:
    """States, trips, alerts and wear of the variant's recording."""
    twin = Twin(variant)
    rows = twin.new_rows()
    rows.add()
    samples, times_us = recording(variant)
    pieces = [
        twin.step(rows, drives.frames(*[100] * 78), times_us, samples),
        twin.tick(rows, START_US + 120 * MINUTE_US),
    ]
    return {
        series: [
            {name: _number(record[name]) for name in record.dtype.names}
            for piece in pieces
            for record in getattr(piece, series)
        ]
        for series in ("states", "trips", "alerts", "healths")
    }


def _number(value: Any) -> float | int | None:
    if isinstance(value, np.integer):
        return int(value)
    return None if np.isnan(value) else float(value)


def _one_record_a_line(results: Table) -> str:
    series = (
        f'"{name}": [' + ",".join(f"\n {json.dumps(record)}" for record in records) + "\n]"
        for name, records in results.items()
    )
    return "{\n" + ",\n".join(series) + "\n}\n"


def compare(variant: Variant, golden_file: Path, accept: bool) -> None:
    """Fail where the results differ from the accepted ones; ``accept`` makes today's the accepted ones."""
    results = replay(variant)
    if accept:
        golden_file.write_text(_one_record_a_line(results))
    assert golden_file.is_file(), f"{golden_file.name} is missing: look at the results, then --accept-golden"
    golden: Table = json.loads(golden_file.read_text())
    for series, points in results.items():
        assert len(points) == len(golden[series]), series
        for number, (point, accepted) in enumerate(zip(points, golden[series], strict=True)):
            assert point.keys() == accepted.keys()
            for field, value in accepted.items():
                where = f"{series}[{number}].{field}"
                if isinstance(value, float):
                    assert point[field] == pytest.approx(value, rel=RELATIVE, abs=1e-12), where
                else:
                    assert point[field] == value, where


@pytest.mark.parametrize("name", names())
def test_results_are_the_accepted_ones(name: str, accept_golden: bool) -> None:
    compare(load(name), FOLDER / f"{name}.json", accept_golden)


def test_every_golden_file_is_of_a_variant() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == names()


def test_a_new_variant_is_a_toml_and_a_golden_file_and_no_code(tmp_path: Path) -> None:
    (tmp_path / "town-car.toml").write_text(
        'name = "town-car"\ntitle = "made up"\nextends = "mini-eesm"\n'
        '[gear]\nratio = { value = 10.5, unit = "1", source = "made up" }\n'
    )
    variant, golden_file = load("town-car", tmp_path), tmp_path / "town-car.json"
    with pytest.raises(AssertionError, match="is missing"):
        compare(variant, golden_file, accept=False)
    compare(variant, golden_file, accept=True)
    compare(load("town-car", tmp_path), golden_file, accept=False)
    with pytest.raises(AssertionError):  # and it is compared for real
        compare(load("mini-eesm"), golden_file, accept=False)
    states = json.loads(golden_file.read_text())["states"]
    assert 0.8 < states[5]["efficiency_model"] < 0.97
