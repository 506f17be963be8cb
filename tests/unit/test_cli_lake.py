"""``edu-twin lake compact``: fewer files, the same rows."""

from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner

from streams.cli import app
from streams.sinks.lake import LakeSink, connect
from tests.synthetic import output, points

runner = CliRunner()


def test_compact_leaves_one_file_a_day_and_the_views_as_they_were(tmp_path: Path) -> None:
    for offset in range(4):
        series = points(100)
        series.offsets = series.offsets + offset
        sink = LakeSink(tmp_path)
        sink.write(output(series))
        sink.flush(30)
        sink.close()
    before = connect(tmp_path).execute("SELECT * FROM edu_state ORDER BY unit, time_us").fetchall()
    done = runner.invoke(app, ["lake", "compact", "--lake", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("4 files replaced; ")
    (path,) = tmp_path.rglob("*.parquet")
    assert pq.read_metadata(path).num_rows == len(before) == 100
    assert connect(tmp_path).execute("SELECT * FROM edu_state ORDER BY unit, time_us").fetchall() == before
    again = runner.invoke(app, ["lake", "compact", "--lake", str(tmp_path)])
    assert again.stdout.startswith("0 files replaced; ")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = runner.invoke(app, ["lake", "compact", "--lake", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "nowhere: there is no such folder" in done.stderr
