"""Results as a file of line protocol: the bytes InfluxDB would get, for comparing and for loading by hand."""

from pathlib import Path

from streams.results import Output
from streams.sinks.alert_lines import alert_lines, fleet_alert_lines
from streams.sinks.line_protocol import LineFormatter


class LinesSink:
    """Writes every point and alert of every output, in order, to one file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._formatter = LineFormatter()

    def write(self, output: Output) -> None:
        """See ``Sink.write``; buffered by the file."""
        for points in output.points:
            for lines, _ in self._formatter.chunks(points):
                self._file.write(lines)
        for line, _ in (*alert_lines(output.alerts), *fleet_alert_lines(output.fleet_alerts)):
            self._file.write(line)

    full = False
    reachable = True

    def flush(self, timeout_s: float | None = None) -> None:
        """See ``Sink.flush``."""
        self._file.flush()

    def close(self) -> None:
        """See ``Sink.close``."""
        self._file.close()
