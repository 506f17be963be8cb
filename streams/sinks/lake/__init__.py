"""The lake: Parquet files that keep every row with its key, and the views that show each key once."""

from streams.sinks.lake.compact import compact
from streams.sinks.lake.sink import LakeSink
from streams.sinks.lake.views import connect, nearest_snapshot, raw_messages

__all__ = ["LakeSink", "compact", "connect", "nearest_snapshot", "raw_messages"]
