"""`python -m tests.benchmarks.sinks [--json]`: what the sinks cost in this process, without servers."""

import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from influxdb_client.client.write.point import Point

from schemas.results import TAGS
from streams.sinks.influx import InfluxSink, LoggedRefusals
from streams.sinks.lake import LakeSink
from streams.sinks.line_protocol import LineFormatter
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.benchmarks.traffic import FRAMES_PER_MINUTE
from tests.synthetic import output, points

CLIENT = "influxdb-client Point"
POINTS = 20_000
UNITS = 2_000
CLIENT_POINTS = 500
REPEATS = 7


def fastest_s(
    action: Callable[[], object], repeats: int = REPEATS, clock: Callable[[], float] = time.thread_time
) -> float:
    """Shortest of some runs, the first not counted; by default processor time, so that neighbours matter less."""
    action()
    times = []
    for _ in range(repeats):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


def formatter_rows() -> list[Row]:
    """Line protocol by the compiled formatter and by influxdb-client's Point, on the same points."""
    series = points(POINTS, units=UNITS)
    formatter = LineFormatter()
    progress(f"formatting {POINTS} points of {UNITS} units")
    ours_us = fastest_s(lambda: [len(lines) for lines, _ in formatter.chunks(series)]) / POINTS * 1e6
    progress(f"formatting {CLIENT_POINTS} points with influxdb-client")
    theirs_us = fastest_s(lambda: client_lines(CLIENT_POINTS), 3) / CLIENT_POINTS * 1e6
    fields = len(series.records.dtype.names or ()) - 1
    return [
        at_least("formatter_points_per_s", 1e6 / ours_us, "points/s", 200_000, 1e6 / theirs_us, CLIENT),
        at_most("formatter_us_per_point", ours_us, "us", 5.0, theirs_us, CLIENT),
        Row("formatter_ns_per_field", 1e3 * ours_us / fields, "ns"),
        Row("bytes_per_point", len(formatter.lines(series)) / POINTS, "bytes"),
    ]


def client_lines(count: int) -> list[str]:
    """The same lines by the client library."""
    series = points(count, units=UNITS)
    names = [name for name in series.records.dtype.names or () if name not in ("row", "time_us")]
    lines = []
    for record, unit in zip(series.records, series.units, strict=True):
        point = Point(series.measurement).time(int(record["time_us"]))
        for tag, value in zip(TAGS, (series.maker, unit, series.variant), strict=True):
            point.tag(tag, value)
        point.field("model_version", series.model_version)
        for name in names:
            point.field(name, record[name].item())
        lines.append(point.to_line_protocol())
    return lines


def sending_rows() -> list[Row]:
    """us per frame for points on their way to InfluxDB: queue, formatter, HTTP; a point a minute and unit.

    Processor time of this whole process; who answers the requests is another one.
    """
    series = points(POINTS, units=UNITS)
    progress(f"sending {POINTS} points")
    with answering() as url:
        sink = InfluxSink(url, "token", "org", "bucket", refusals=LoggedRefusals())

        def send() -> None:
            sink.write(output(series))
            sink.flush(60)

        try:
            us = fastest_s(send, 5, time.process_time) / POINTS * 1e6
        finally:
            sink.close()
    return [Row("us_per_frame.sinks", us / FRAMES_PER_MINUTE, "us")]


@contextmanager
def answering() -> Iterator[str]:
    """URL of a server, in a process of its own, that takes every write."""
    # spawned, not forked: this process has threads of numba and of sinks
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_take_everything, args=(theirs,), daemon=True)
    server.start()
    try:
        if not ours.poll(30):
            raise RuntimeError("the server that takes every write did not start within 30 s")
        yield str(ours.recv())
    finally:
        server.terminate()
        server.join()


def _take_everything(started: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    started.send(f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def lake_rows() -> list[Row]:
    """Points into Parquet files, synced to disk, by the wall clock."""
    series = points(POINTS, units=UNITS)
    folder = Path(tempfile.mkdtemp(prefix="edu-twin-lake-"))
    progress(f"writing {POINTS} points to Parquet")
    sink = LakeSink(folder)

    def write() -> None:
        sink.write(output(series))
        sink.flush(60)

    try:
        seconds = fastest_s(write, 5, time.perf_counter)
        size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    finally:
        sink.close()
        shutil.rmtree(folder)
    return [
        at_least("lake_rows_per_s", POINTS / seconds, "rows/s", 50_000),
        Row("lake_bytes_per_row", size / POINTS, "bytes"),
    ]


def rows() -> list[Row]:
    """Every figure of this benchmark."""
    return formatter_rows() + sending_rows() + lake_rows()


if __name__ == "__main__":
    run("sinks", rows)
