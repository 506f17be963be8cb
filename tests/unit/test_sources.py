"""Sources: records in the order of event time with ticks between, whatever the files look like."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.rejects import Reject
from streams.codec import Codec, Frame, Tick
from streams.records import Message
from streams.sources import SourceError
from streams.sources.files import FileSource
from streams.sources.maps import load, shipped
from streams.sources.plant import Fleet, PlantSource
from streams.sources.records import MINUTE_US, records
from twin.advance import TICK_DAY_US
from twin.layout import DAY_US

VARIANTS = ("bmw-i3", "bmw-gen5-rear")
MAP = """
maker = "bmw"
variant = "bmw-i3"
start = 2026-01-05T06:00:00Z
time = { column = "Time [s]" }
recordings = { column = "trip", units = 2, prefix = "car", pause_min = 30 }
frame = { samples = 50 }
[signals]
motor_speed_rpm = { column = "Speed [km/h]", factor = 74.4 }
torque_nm = { column = "Torque" }
dc_current_a = { column = "Current", factor = -1.0, offset = 0.5 }
dc_voltage_v = { constant = 360.0 }
"""


def table(trips: Sequence[str] = ("a", "b", "c"), rows: int = 120) -> dict[str, list[object]]:
    return {
        "trip": [trip for trip in trips for _ in range(rows)],
        "Time [s]": [row / 10 for _ in trips for row in range(rows)],
        "Speed [km/h]": [float(row % 60) for _ in trips for row in range(rows)],
        "Torque": [float(row % 7) for _ in trips for row in range(rows)],
        "Current": [float(row % 5) for _ in trips for row in range(rows)],
        "Other °C": [1.0 for _ in trips for _ in range(rows)],
    }


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAP)
    return path


def write(path: Path, columns: dict[str, list[object]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        lines = [",".join(columns)] + [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
        path.write_text("\n".join(lines) + "\n")
    return path


def decoded(messages: Sequence[Message]) -> list[Frame | Tick | Reject]:
    codec = Codec("bmw", VARIANTS)
    return [codec.decode(message) for message in messages]


def frames_of(source: FileSource | PlantSource) -> list[Frame]:
    values = decoded(list(records(source)))
    assert not [value for value in values if isinstance(value, Reject)]
    return [value for value in values if isinstance(value, Frame)]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_column_map_turns_columns_into_signals(tmp_path: Path, map_file: Path, suffix: str) -> None:
    source = FileSource(write(tmp_path / f"data{suffix}", table()), load(str(map_file)))
    frames = frames_of(source)
    assert source.units == ["car-00", "car-01"]
    assert len(frames) == source.frames == 9
    block = np.frombuffer(frames[0].block, "<f4").reshape(frames[0].count, -1)
    assert frames[0].columns.ids == bytes([1, 2, 4, 3])
    assert block[3] == pytest.approx([3 * 74.4, 3.0, -3.0 + 0.5, 360.0])
    assert frames[0].interval_us == 100_000


def test_recordings_of_a_unit_follow_each_other_with_a_pause_and_a_new_boot(tmp_path: Path, map_file: Path) -> None:
    frames = frames_of(FileSource(write(tmp_path / "data.parquet", table()), load(str(map_file))))
    first = [frame for frame in frames if frame.identity.key == b"car-00"]
    assert [(frame.boot, frame.sequence) for frame in first] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    start_us = 1_767_592_800_000_000
    assert first[0].start_us == start_us
    assert first[3].start_us == start_us + 30 * MINUTE_US + 12_000_000  # 11.9 s of driving, rounded up to a second
    assert [frame.count for frame in first[:3]] == [50, 50, 20]


def test_rows_of_a_recording_need_not_stand_together(tmp_path: Path, map_file: Path) -> None:
    columns = table(("a", "b"))
    mixed = {name: [values[i] for pair in range(120) for i in (pair, pair + 120)] for name, values in columns.items()}
    plain = FileSource(write(tmp_path / "plain.parquet", columns), load(str(map_file)))
    woven = FileSource(write(tmp_path / "woven.parquet", mixed), load(str(map_file)))
    assert list(records(plain)) == list(records(woven))


def test_one_file_or_two_give_the_same_records(tmp_path: Path, map_file: Path) -> None:
    whole = FileSource(write(tmp_path / "whole.parquet", table()), load(str(map_file)))
    folder = tmp_path / "parts"
    folder.mkdir()
    write(folder / "2.csv", table(("a", "c")))
    write(folder / "1.parquet", table(("b",)))
    assert list(records(FileSource(folder, load(str(map_file))))) == list(records(whole))


def test_values_do_not_depend_on_how_frames_are_cut(tmp_path: Path, map_file: Path) -> None:
    path = write(tmp_path / "data.parquet", table())
    column_map = load(str(map_file))
    small = column_map.model_copy(update={"frame": column_map.frame.model_copy(update={"samples": 7})})

    def samples(source: FileSource) -> dict[bytes, bytes]:
        joined: dict[bytes, bytes] = {}
        for frame in sorted(frames_of(source), key=lambda frame: (frame.identity.key, frame.boot, frame.sequence)):
            joined[frame.identity.key] = joined.get(frame.identity.key, b"") + frame.block
        return joined

    assert samples(FileSource(path, column_map)) == samples(FileSource(path, small))


@pytest.mark.parametrize("fleet", [Fleet(units=4, days=2, seed=3), Fleet(units=1, days=6, seed=1)])
def test_records_are_in_event_time_order_with_ticks_between(fleet: Fleet) -> None:
    messages = list(records(PlantSource(fleet)))
    assert [message.offset for message in messages] == list(range(len(messages)))
    tick_us, ended_us, ticks = 0, 0, []
    for message, value in zip(messages, decoded(messages), strict=True):
        if isinstance(value, Tick):
            assert value.time_us > tick_us
            assert value.time_us % MINUTE_US == 0
            tick_us = value.time_us
            ticks.append((tick_us, ended_us))
        else:
            assert isinstance(value, Frame)
            assert value.end_us >= ended_us, "frames are sent when their last sample is there"
            assert tick_us <= value.end_us < tick_us + MINUTE_US, "a tick of this minute stands before the frame"
            ended_us = value.end_us
        assert message.timestamp == tick_us // 1000
    assert all(tick >= ended for tick, ended in ticks), "a tick never comes before what it promises"
    assert ticks[-2][0] >= ended_us + 20 * MINUTE_US, "the last trip is closed"
    assert ticks[-1][0] > (ended_us // DAY_US + 1) * DAY_US + TICK_DAY_US + MINUTE_US, "the last day is closed"


def test_an_idle_gap_gets_twenty_minutes_of_ticks_and_is_then_jumped_over() -> None:
    values = decoded(list(records(PlantSource(Fleet(units=1, days=2, seed=1)))))
    idle, longest = 0, 0
    jumps = 0
    for before, after in itertools.pairwise(values):
        idle = idle + 1 if isinstance(after, Tick) else 0
        longest = max(longest, idle)
        if isinstance(before, Tick) and isinstance(after, Tick) and after.time_us - before.time_us > MINUTE_US:
            jumps += 1
    assert jumps == 4  # between four trips in two days, and to the end of the last
    assert 20 <= longest <= 22


def test_a_source_gives_the_same_records_each_time_and_int16_ones_are_half_as_long() -> None:
    source = PlantSource(Fleet(units=2, days=1, seed=5))
    first = list(records(source))
    assert first == list(records(source))
    short = list(records(source, int16=True))
    assert [message.key for message in short] == [message.key for message in first]
    assert sum(len(m.value or b"") for m in short) < 0.62 * sum(len(m.value or b"") for m in first)


def test_a_unit_of_a_fleet_does_not_depend_on_the_others() -> None:
    large = PlantSource(Fleet(units=6, days=1, seed=5))
    small = PlantSource(Fleet(units=2, days=1, seed=5))
    assert set(small.units) <= set(large.units)

    def of_unit(source: PlantSource, unit: str) -> list[bytes | None]:
        return [message.value for message in records(source) if message.key == unit.encode()]

    for unit in small.units:
        assert of_unit(small, unit) == of_unit(large, unit)


def test_a_fleet_counts_its_frames_beforehand() -> None:
    source = PlantSource(Fleet(units=3, days=2, seed=9))
    assert len(frames_of(source)) == source.frames


def test_shipped_maps_are_sound() -> None:
    assert shipped() == ["bmw-i3-trips", "lea-pmsm-temperature"]
    for name in shipped():
        assert load(name).maker


def broken(columns: dict[str, list[object]], **changes: list[object] | None) -> dict[str, list[object]]:
    merged = {**columns, **changes}
    return {name: values for name, values in merged.items() if values is not None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Torque": None}, ["data", "'Torque'", "did you mean"]),
        ({"Torque": ["x"] * 360}, ["data", "double"]),
        ({"Time [s]": [0.0] * 360}, ["'Time [s]'", "does not rise", "row 1"]),
        ({"Time [s]": [float("nan")] * 360}, ["'Time [s]'", "no number in row 1"]),
    ],
)
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_errors_name_file_column_and_remedy(
    tmp_path: Path, map_file: Path, suffix: str, change: dict[str, list[object] | None], words: list[str]
) -> None:
    path = write(tmp_path / f"data{suffix}", broken(table(), **change))
    with pytest.raises(SourceError) as caught:
        FileSource(path, load(str(map_file)))
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_mapped_column_that_occurs_twice_is_an_error_and_an_unmapped_one_is_not(
    tmp_path: Path, map_file: Path, suffix: str
) -> None:
    path = tmp_path / f"data{suffix}"
    columns = table(("a",), rows=3)
    for doubled, refused in (("Other °C", False), ("Torque", True)):
        names = [*columns, doubled]
        values = [*columns.values(), columns[doubled]]
        if suffix == ".parquet":
            pq.write_table(pa.Table.from_arrays([pa.array(column) for column in values], names=names), path)
        else:
            rows = [",".join(names)] + [",".join(map(str, row)) for row in zip(*values, strict=True)]
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        if refused:
            with pytest.raises(SourceError, match="2 columns are called 'Torque'; rename all but one"):
                FileSource(path, load(str(map_file)))
        else:
            assert FileSource(path, load(str(map_file))).frames == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("maker = ", "not a TOML file"),
        (MAP.replace("torque_nm", "torque_knm"), "unknown signals torque_knm"),
        (MAP.replace("torque_nm = ", "oil_temp_c = "), "signals need torque_nm"),
        (MAP.replace("factor = 74.4", "faktor = 74.4"), "signals.motor_speed_rpm.faktor"),
        (MAP.replace("constant = 360.0", 'constant = 360.0, column = "U"'), "give either column or constant"),
        (MAP.replace("06:00:00Z", "06:00:00"), "start"),
    ],
)
def test_a_wrong_map_is_refused_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        load(str(path))
    assert words in str(caught.value)
    assert "map.toml" in str(caught.value)


def test_a_recording_named_like_a_vin_is_refused(tmp_path: Path, map_file: Path) -> None:
    map_file.write_text(MAP.replace("units = 2, ", ""))
    path = write(tmp_path / "data.parquet", table(("WBY1Z4C55EV273078",)))
    with pytest.raises(SourceError, match="looks like a VIN"):
        FileSource(path, load(str(map_file)))


def test_a_tick_is_json_with_the_time() -> None:
    tick = next(records(PlantSource(Fleet(units=1, days=1))))
    assert tick.key is None
    assert json.loads(tick.value or b"").keys() == {"time_us"}
