"""One drive per variant, replayed and compared with the results that were accepted.

A difference is a change of results: if it is meant, say so in the changelog and run with ``--accept-golden``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import drives
from tests.drives import MINUTE_US, START_US
from twin.twin import Twin
from twin.variants import load, names

FOLDER = Path(__file__).parent
RELATIVE = 1e-9
Table = dict[str, list[dict[str, Any]]]


def replay(name: str) -> Table:
    """States, trips and alerts of 12 minutes of driving, a stop, an hour's gap and another short drive."""
    twin = Twin(load(name))
    rows = twin.new_rows()
    rows.add()
    samples, times_us = drives.drive(7_800), drives.times(7_800)
    samples["torque_nm"][6_600:7_200] = samples["motor_speed_rpm"][6_600:7_200] = 0.0
    times_us[7_200:] += 60 * MINUTE_US
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
        for series in ("states", "trips", "alerts")
    }


def _number(value: Any) -> float | int | None:
    if isinstance(value, np.integer):
        return int(value)
    return None if np.isnan(value) else float(value)


@pytest.mark.parametrize("name", names())
def test_results_are_the_accepted_ones(name: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{name}.json"
    results = replay(name)
    if request.config.getoption("--accept-golden", default=False):
        path.write_text(json.dumps(results, indent=1) + "\n")
    golden: Table = json.loads(path.read_text())
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
