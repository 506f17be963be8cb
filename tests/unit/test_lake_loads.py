"""Loads and parts of days in the lake: whatever comes twice counts once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.loads import Load, LoadKind
from streams.results import DayParts, Output, Points
from streams.sinks.lake import LakeSink, compact, connect
from tests.synthetic import START_US, points
from twin.layout import DAY, DAY_US, LOAD, SUMS

QUARTER_US = 15 * 60 * 1_000_000


def loads(quarter: int, offset: int = 7) -> Points:
    """Three cells and two cycles of one unit, as they leave at the end of a quarter of an hour."""
    records = np.zeros(5, LOAD)
    for name in ("start", "end", "count", "torque_nm", "speed_rpm", "duration_s", "energy_j", "revolutions"):
        records[name] = np.nan
    records["time_us"] = START_US + quarter * QUARTER_US
    records["kind"] = [LoadKind.TORQUE_SPEED] * 2 + [LoadKind.TORQUE_REVOLUTIONS] + [LoadKind.JUNCTION_CYCLE] * 2
    records["place"] = [130, 131, 13, 0, 1]
    records["torque_nm"][:3], records["speed_rpm"][:2] = 60.0, [3_000.0, 5_000.0]
    records["duration_s"][:2], records["energy_j"][:2] = [600.0, 300.0], [1e6, 2e6]
    records["revolutions"][2] = 40_000.0
    records["start"][3:], records["end"][3:], records["count"][3:] = [60.0, 91.0], [83.0, 68.5], [1.0, 0.5]
    return Points("loads", Load, "bmw", "bmw-i3", "0+1", ["unit-1"] * 5, records, np.full(5, offset))


def fill(directory: Path, *outputs: Output) -> None:
    for output in outputs:  # each its own file
        sink = LakeSink(directory)
        sink.write(output)
        sink.flush(30)
        sink.close()


def sums(directory: Path) -> list[Any]:
    connection = connect(directory)
    queries = (
        "SELECT speed_rpm, sum(duration_s), sum(energy_j) FROM load_matrix GROUP BY 1 ORDER BY 1",
        "SELECT sum(revolutions) FROM load_revolutions",
        "SELECT kind, range_from, mean_from, sum(count) FROM load_cycles GROUP BY 1, 2, 3 ORDER BY 2, 3",
    )
    return [connection.execute(query).fetchall() for query in queries]


def test_loads_are_summed_by_cell_and_class(tmp_path: Path) -> None:
    fill(tmp_path, Output(3, loads=[loads(1)]), Output(3, loads=[loads(2)]))
    assert sums(tmp_path) == [
        [(3_000.0, 1_200.0, 2e6), (5_000.0, 600.0, 4e6)],
        [(80_000.0,)],
        [("junction_cycle", 20.0, 70.0, 2.0), ("junction_cycle", 20.0, 75.0, 1.0)],
    ]


def test_a_file_delivered_twice_and_rows_repeated_after_a_restart_change_no_sum(tmp_path: Path) -> None:
    fill(tmp_path, Output(3, loads=[loads(1)]), Output(3, loads=[loads(2)]))
    before = sums(tmp_path)
    (file, _) = sorted(tmp_path.rglob("*.parquet"))
    (file.parent / f"again-{file.name}").write_bytes(file.read_bytes())
    fill(tmp_path, Output(3, loads=[loads(2, offset=99), loads(1, offset=99)]))
    assert sums(tmp_path) == before
    compact(tmp_path)
    assert sums(tmp_path) == before


def test_a_load_that_is_complete_at_midnight_belongs_to_the_day_before(tmp_path: Path) -> None:
    fill(tmp_path, Output(0, loads=[loads(96)]))
    days = connect(tmp_path).execute("SELECT DISTINCT day FROM load_matrix").fetchall()
    assert days == [(START_US // DAY_US,)]


def test_a_day_part_keeps_its_point_and_every_sum(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    made = np.zeros(3, DAY)
    made["sums"] = rng.random((3, len(SUMS)))
    made["load_s"] = rng.random(made["load_s"].shape)
    made["trips"] = [1, 2, 3]
    series = points(3, measurement="edu_day", units=3)
    fill(tmp_path, *[Output(1, points=[series], daily=[DayParts(series, made)])] * 2)
    connection = connect(tmp_path)
    query = "SELECT unit, trips, distance_m, load_s FROM day_parts ORDER BY unit"
    rows = connection.execute(query).fetchall()
    assert [row[:2] for row in rows] == [("unit-0", 1), ("unit-1", 2), ("unit-2", 3)]
    for row, one in zip(rows, made, strict=True):
        assert row[2] == one["sums"][SUMS.index("distance_m")]
        assert list(row[3]) == pytest.approx(one["load_s"].ravel().tolist())
    assert connection.execute("SELECT count(*) FROM edu_day").fetchone() == (3,)
