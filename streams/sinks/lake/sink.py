"""Results, alerts, refused records and, if wanted, raw frames as Parquet files for DuckDB."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import structlog

from schemas.rejects import Reason, Reject
from streams.records import Message
from streams.results import DayParts, Output, Refused
from streams.sinks.lake.files import remove_leftovers, write_table
from streams.sinks.lake.folders import by_folder
from streams.sinks.lake.tables import tables
from streams.sinks.sending import RetryError, Sender

log = structlog.get_logger()

FILE_BYTES = 64 << 20
FULL_BYTES = 2 * FILE_BYTES
LINE_PARTITION = -1
POINT_OVERHEAD_BYTES = 100


class LakeSink:
    """Keeps every row with its key; readers see the last row of each key through ``streams.sinks.lake.connect``.

    Rows wait in memory until a flush or until they weigh 64 MB; then each table gets one file per event day (raw
    frames: per day and unit bucket). ``archive_frames`` keeps what a replay needs: every accepted frame, and once a day
    each unit's row to begin with.
    """

    def __init__(
        self,
        directory: Path,
        *,
        archive_frames: bool = False,
        file_bytes: int = FILE_BYTES,
        full_bytes: int = FULL_BYTES,
    ) -> None:
        self.rows_written = 0
        self.files_written = 0
        self._directory = Path(directory)
        self._archive_frames = archive_frames
        self._directory.mkdir(parents=True, exist_ok=True)
        if removed := remove_leftovers(self._directory):
            log.info("unfinished files of an earlier run removed", directory=str(directory), files=removed)
        self._sender = Sender(
            "lake", self._deliver, batch_weight=file_bytes, full_weight=max(full_bytes, file_bytes), linger_s=None
        )

    def write(self, output: Output) -> None:
        """See ``Sink.write``; rows become a file at the next flush or at 64 MB."""
        kept = replace(output, frames=[], snapshots=[])
        if self._archive_frames:
            kept.frames, kept.snapshots = output.frames, output.snapshots
        weight = _weight(kept)
        if weight:
            self._sender.put([(kept, weight)])

    def refuse_line(self, line: bytes, reason: str) -> None:
        """Keep a line that InfluxDB refused, where there is no dead-letter topic."""
        record = Message(None, line, (), 0, -1)
        self.write(Output(LINE_PARTITION, refused=[Refused(record, Reject(Reason.SINK_REFUSED, reason), False)]))

    @property
    def full(self) -> bool:
        """See ``Sink.full``."""
        return self._sender.full

    @property
    def reachable(self) -> bool:
        """See ``Sink.reachable``."""
        return self._sender.reachable

    def flush(self, timeout_s: float | None = None) -> None:
        """See ``Sink.flush``; closes every file that is open."""
        self._sender.flush(timeout_s)

    def close(self) -> None:
        """See ``Sink.close``."""
        self._sender.close()

    def _deliver(self, batch: list[Output]) -> None:
        parts: dict[str, list[pa.Table]] = defaultdict(list)
        for name, rows in tables(batch):
            parts[name].append(rows)
        for name, rows_of_name in parts.items():
            for folder, rows in by_folder(name, pa.concat_tables(rows_of_name)):
                self._sender.persist(lambda f=folder, r=rows: self._write_file(f, r))  # type: ignore[misc]

    def _write_file(self, folder: str, rows: pa.Table) -> None:
        try:
            write_table(self._directory / folder, rows)
        except OSError as problem:
            raise RetryError(f"{self._directory / folder}: {problem}", alarm=True) from problem
        self.rows_written += len(rows)
        self.files_written += 1


def _weight(output: Output) -> int:
    """Bytes the output takes while it waits, about."""
    series = (*output.points, *output.loads)
    points = sum(part.records.nbytes + POINT_OVERHEAD_BYTES * len(part.records) for part in series)
    days = sum(parts.sums.nbytes for parts in output.daily if isinstance(parts, DayParts))
    records = [refused.record for refused in output.refused] + [frame.record for frame in output.frames]
    rows = sum(len(snapshot.row) + len(snapshot.delivery) for snapshot in output.snapshots)
    alerts = 500 * len(output.alerts) + 2_000 * len(output.fleet_alerts)
    return points + days + rows + alerts + sum(len(record.value or b"") + 500 for record in records)
