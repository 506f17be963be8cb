"""The lake: every row kept with its key, each key seen once."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from schemas.alerts import Alert, Transition
from schemas.rejects import Reason, Reject
from schemas.results import EduState, Validity
from streams.records import Message
from streams.results import Refused
from streams.sinks import sending
from streams.sinks.lake import LakeSink, compact, connect, raw_messages
from streams.sinks.lake import sink as lake_sink
from streams.sinks.line_protocol import LineFormatter
from tests.synthetic import MINUTE_US, START_US, alert, output, points


def fill(directory: Path, *outputs: Any, **options: Any) -> LakeSink:
    """Write outputs, flush, close."""
    sink = LakeSink(directory, **options)
    for item in outputs:
        sink.write(item)
    sink.flush(30)
    sink.close()
    return sink


def rows(directory: Path, query: str) -> list[dict[str, Any]]:
    cursor = connect(directory).execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def frame(unit: str, sequence: int, start_us: int = START_US, offset: int = 0) -> Any:
    record = Message(unit.encode(), b"block %d" % sequence, [("content-type", b"x")], 1_700_000_000_000, offset)
    identity = SimpleNamespace(identity=SimpleNamespace(unit=unit))
    return SimpleNamespace(identity=identity, boot=1, sequence=sequence, start_us=start_us, record=record)


def test_every_field_of_a_point_comes_back_bit_for_bit(tmp_path: Path) -> None:
    series = points(50)
    series.records["winding_nis"][::3] = np.nan
    fill(tmp_path, output(series, partition=7))
    back = rows(tmp_path, 'SELECT * FROM edu_state ORDER BY "offset"')
    assert len(back) == 50
    assert list(back[0]) == [*EduState.model_fields, "partition", "offset", "time"]
    for index, row in enumerate(back):
        assert (row["unit"], row["maker"], row["variant"]) == (series.units[index], "bmw", "bmw-i3")
        assert (row["partition"], row["offset"]) == (7, index)
        record = series.records[index]
        for name in record.dtype.names:
            if name == "row":
                continue
            value = record[name].item()
            if name.endswith("_validity"):
                assert row[name] == Validity(value).name.lower()
            else:
                assert row[name] == (None if np.isnan(value) else value)


def test_files_are_per_event_day(tmp_path: Path) -> None:
    sink = fill(tmp_path, output(points(3 * 24 * 60, units=1, start_us=START_US + 1)))
    names = files(tmp_path)
    assert [name[:21] for name in names] == [f"edu_state/2026-01-0{day}/" for day in (1, 2, 3)]
    assert [pq.read_metadata(tmp_path / name).num_rows for name in names] == 3 * [24 * 60]
    assert (sink.files_written, sink.rows_written) == (3, 3 * 24 * 60)


def test_the_same_rows_make_the_same_files_however_they_were_batched(tmp_path: Path) -> None:
    whole = points(100)
    single = []
    for index in np.random.default_rng(0).permutation(100):
        part = points(100)
        part.records, part.units = part.records[[index]], [part.units[index]]
        part.offsets = part.offsets[[index]]
        single.append(output(part))
    fill(tmp_path / "a", output(whole))
    fill(tmp_path / "b", *single)
    fill(tmp_path / "a", output(whole))
    assert files(tmp_path / "a") == files(tmp_path / "b")
    for name in files(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_repeated_key_is_seen_once_and_the_last_offset_wins(tmp_path: Path) -> None:
    first, again = points(10, units=2), points(10, units=2)
    again.records["torque_nm"] = 77.0
    again.offsets = again.offsets + 100
    fill(tmp_path, output(again))
    fill(tmp_path, output(first), output(first))
    assert rows(tmp_path, "SELECT count(*) AS n, min(torque_nm) AS low FROM edu_state") == [{"n": 10, "low": 77.0}]


def test_points_of_one_unit_and_time_under_two_variants_are_two_facts_as_in_influxdb(tmp_path: Path) -> None:
    before, after = points(10, units=2), points(10, units=2)
    after.variant = "bmw-gen5-rear"
    formatter = LineFormatter()
    lines = formatter.lines(before) + formatter.lines(after)
    series_and_times = {(line.split(b" ")[0], line.rsplit(b" ", 1)[1]) for line in lines.splitlines()}
    fill(tmp_path, output(before, after))
    query = "SELECT count(*) AS n, count(DISTINCT variant) AS variants FROM edu_state"
    assert rows(tmp_path, query) == [{"n": len(series_and_times), "variants": 2}]
    compact(tmp_path)
    assert rows(tmp_path, query) == [{"n": 20, "variants": 2}]


def test_compaction_shows_the_same_rows_from_one_file_a_day(tmp_path: Path) -> None:
    for offset in range(5):
        series = points(240, units=2)
        series.offsets = series.offsets + offset
        series.records["torque_nm"] += offset
        fill(tmp_path, output(series, alerts=[alert()]))
    query = "SELECT * FROM edu_state ORDER BY unit, time_us"
    before = rows(tmp_path, query)
    assert compact(tmp_path) > 0
    assert rows(tmp_path, query) == before
    names = files(tmp_path)
    assert len(names) == 2
    total = sum(pq.read_metadata(tmp_path / name).num_rows for name in names)
    assert total == 240 + 1
    assert compact(tmp_path) == 0
    assert files(tmp_path) == names


def test_compaction_keeps_a_large_day_by_the_hour(tmp_path: Path) -> None:
    for offset in range(3):
        series = points(360, units=2)
        series.offsets = series.offsets + offset
        series.records["torque_nm"] += offset
        fill(tmp_path, output(series))
    query = "SELECT * FROM edu_state ORDER BY unit, time_us"
    before = rows(tmp_path, query)
    assert compact(tmp_path, day_rows=300) == 3
    names = files(tmp_path)
    assert [name[:24] for name in names] == [f"edu_state/2026-01-01/0{hour}-" for hour in range(3)]
    assert rows(tmp_path, query) == before
    assert compact(tmp_path, day_rows=300) == 0
    fill(tmp_path, output(points(2, units=2)))
    assert compact(tmp_path, day_rows=300) > 0
    assert len(files(tmp_path)) == 3
    assert rows(tmp_path, query) == before
    assert compact(tmp_path) == 3
    assert len(files(tmp_path)) == 1
    assert rows(tmp_path, query) == before


def test_compaction_leaves_a_single_file_with_repeats_no_repeats(tmp_path: Path) -> None:
    fill(tmp_path, output(points(10)), output(points(10)))
    assert compact(tmp_path) == 1
    (name,) = files(tmp_path)
    assert pq.read_metadata(tmp_path / name).num_rows == 10


def test_compaction_interrupted_before_the_old_files_go_changes_nothing_for_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for offset in range(3):
        series = points(60, units=2)
        series.offsets = series.offsets + offset
        fill(tmp_path, output(series))
    query = "SELECT * FROM edu_state ORDER BY unit, time_us"
    before = rows(tmp_path, query)

    def killed(self: Path, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            compact(tmp_path)
    assert rows(tmp_path, query) == before
    compact(tmp_path)
    assert rows(tmp_path, query) == before
    assert len(files(tmp_path)) == 1


def test_alerts_and_refused_records_are_kept(tmp_path: Path) -> None:
    record = Message(b"u\xff", b"\x00junk", [("h", b"\xfe")], 1_767_225_600_123, 5)
    refused = Refused(record, Reject(Reason.MALFORMED, "not a frame"), False)
    item = output(alerts=[alert(), alert(transition=Transition.RESOLVED)], refused=[refused], partition=2)
    fill(tmp_path, item, item)
    back = rows(tmp_path, "SELECT * EXCLUDE (partition, time) FROM alerts ORDER BY id")
    assert [Alert(**row) for row in back] == [alert(), alert(transition=Transition.RESOLVED)]
    (row,) = rows(tmp_path, "SELECT * FROM refused")
    assert row == {
        "reason": "malformed", "detail": "not a frame", "late": False, "partition": 2, "offset": 5,
        "timestamp_ms": 1_767_225_600_123, "key": b"u\xff", "value": b"\x00junk",
        "headers": [{"name": "h", "value": b"\xfe"}],
    }  # fmt: skip


@pytest.mark.parametrize("timestamp_ms", [-1, 2**63 - 1, -(2**63)])
def test_a_refused_record_with_an_absurd_time_is_kept(tmp_path: Path, timestamp_ms: int) -> None:
    record = Message(None, None, [], timestamp_ms, 5)
    fill(tmp_path, output(refused=[Refused(record, Reject(Reason.EMPTY, ""), False)]))
    assert rows(tmp_path, "SELECT timestamp_ms FROM refused") == [{"timestamp_ms": timestamp_ms}]


def test_lines_refused_by_influxdb_can_be_kept_in_the_lake(tmp_path: Path) -> None:
    sink = LakeSink(tmp_path)
    for line in (b"a", b"b", b"a"):
        sink.refuse_line(line, "422 conflict")
    sink.flush(10)
    sink.close()
    back = rows(tmp_path, "SELECT reason, detail, value FROM refused ORDER BY value")
    assert [row["value"] for row in back] == [b"a", b"b"]
    assert back[0]["reason"] == "sink_refused"


def test_raw_frames_are_archived_by_day_and_unit_and_come_back_as_records(tmp_path: Path) -> None:
    frames = [frame(f"unit-{n % 3}", n // 3, START_US + n * 3_600_000_000, offset=n) for n in range(60)]
    sink = LakeSink(tmp_path, archive_frames=True)
    sink.write(output(frames=frames, partition=4))
    sink.write(output(frames=frames[:10], partition=4))
    sink.flush(10)
    sink.close()
    assert len(files(tmp_path)) == 3 * 3  # days x units, no two of these units share a folder
    con = connect(tmp_path)
    assert list(raw_messages(con)) == [(4, item.record) for item in frames]
    mine = [item for item in frames if item.identity.identity.unit == "unit-1"]
    assert list(raw_messages(con, "unit-1", mine[5].start_us)) == [(4, item.record) for item in mine[5:]]


def test_frames_are_not_kept_unless_asked_for(tmp_path: Path) -> None:
    fill(tmp_path, output(frames=[frame("u", 1)]))
    assert files(tmp_path) == []


def test_an_empty_lake_has_empty_views_with_all_columns(tmp_path: Path) -> None:
    con = connect(tmp_path)
    for name in ("edu_state", "edu_trip", "alerts", "refused", "raw_frames"):
        assert con.execute(f"SELECT * FROM {name}").fetchall() == []
    columns = [row[0] for row in con.execute("DESCRIBE edu_state").fetchall()]
    assert columns == [*EduState.model_fields, "partition", "offset", "time"]


def test_a_directory_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no lake at"):
        connect(tmp_path / "nowhere")


def test_files_of_an_older_layout_are_read_with_nulls(tmp_path: Path) -> None:
    fill(tmp_path, output(points(5)))
    (old,) = (tmp_path / "edu_state").rglob("*.parquet")
    pq.write_table(pq.read_table(old).drop_columns(["gear_loss_w"]), old)
    later = points(5, start_us=START_US + 100 * MINUTE_US)
    fill(tmp_path, output(later))
    back = rows(tmp_path, "SELECT count(*) AS n, count(gear_loss_w) AS known FROM edu_state")
    assert back == [{"n": 10, "known": 5}]


def test_rows_leave_memory_at_the_size_limit_without_a_flush(tmp_path: Path) -> None:
    sink = LakeSink(tmp_path, file_bytes=100_000, full_bytes=100_000)
    for index in range(10):
        sink.write(output(points(100, start_us=START_US + index * 10**10)))
    deadline = time.monotonic() + 10
    while not files(tmp_path) or sink.full:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sink.flush(10)
    sink.close()
    assert rows(tmp_path, "SELECT count(*) AS n FROM edu_state") == [{"n": 1000}]


def test_a_full_disk_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = lake_sink.write_table, []

    def fails_twice(*arguments: Any) -> Path:
        calls.append(1)
        if len(calls) <= 2:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(lake_sink, "write_table", fails_twice)
    monkeypatch.setattr(sending, "FIRST_PAUSE_S", 0.01)
    fill(tmp_path, output(points(5)))
    assert rows(tmp_path, "SELECT count(*) AS n FROM edu_state") == [{"n": 5}]


WRITER = """
import sys
from pathlib import Path
from streams.sinks.lake import LakeSink
from tests.synthetic import START_US, MINUTE_US, output, points
sink = LakeSink(Path(sys.argv[1]))
for number in range(10_000):
    sink.write(output(points(2_000, start_us=START_US + number * 500 * MINUTE_US)))
    sink.flush(30)
    print(number, flush=True)
"""


def test_kill_9_leaves_only_readable_files_and_everything_flushed(tmp_path: Path) -> None:
    for attempt in range(3):
        directory = tmp_path / str(attempt)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            for _ in range(2):
                assert writer.stdout.readline()
            time.sleep(0.013 * attempt)  # anywhere in the next write
            writer.kill()
            flushed = 2 + len(writer.stdout.read().splitlines())
        (back,) = rows(directory, "SELECT count(*) AS n FROM edu_state")
        assert back["n"] >= flushed * 2_000
        for name in files(directory):
            if not Path(name).name.startswith("."):
                pq.read_table(directory / name)


def test_leftovers_of_dead_processes_are_removed_and_those_of_the_living_kept(tmp_path: Path) -> None:
    folder = tmp_path / "edu_state" / "2026-01-01"
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    host = os.uname().nodename
    us, parent = os.getpid(), os.getppid()
    dead, reused, alive, foreign = (
        folder / f".00-ab.{name}.tmp"
        for name in (
            f"{host}.{gone.pid}.aaaa",
            f"{host}.{us}.aaaa",
            f"{host}.{parent}.aaaa",
            "other.1.aaaa",
        )
    )
    for path in (dead, reused, alive, foreign):
        path.write_bytes(b"half")
    fill(tmp_path, output(points(1)))
    assert not dead.exists()
    assert not reused.exists()
    assert alive.exists()
    assert foreign.exists()
    assert rows(tmp_path, "SELECT count(*) AS n FROM edu_state") == [{"n": 1}]
