"""What the fleet's log would be told, kept in memory: for a fleet stage in the same process or after it."""

from streams.fleet_log import encode
from streams.records import LogRecord
from streams.results import Output


class DailyLog:
    """Collects day parts, markers and opened alerts as records, in their order."""

    def __init__(self) -> None:
        self.records: list[LogRecord] = []

    def write(self, output: Output) -> None:
        """See ``Sink.write``."""
        self.records += (record for item in output.daily for record in encode(item))

    full = False
    reachable = True

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""
