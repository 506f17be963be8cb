"""What enters a Pipeline, and what is remembered of a unit between two runs of it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]


class Record(Protocol):
    """One message as the broker keeps it; aiokafka's ConsumerRecord and ``Message`` both are one."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def timestamp(self) -> int:
        """Broker's append time, milliseconds UTC (in file replay: the newest tick)."""

    @property
    def offset(self) -> int: ...


class Message(NamedTuple):
    """A Record made by a source."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    offset: int


class LogRecord(NamedTuple):
    """A record to be written to the fleet's log; its key is the unit it is about, none for a marker."""

    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Waiting(Protocol):
    """Records that wait, in their order; a list is such."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[LogRecord]: ...


class Snapshot(NamedTuple):
    """What is remembered of one unit, as it was at a cut between two batches."""

    unit: str
    variant: str
    parameter_hash: int
    """Hash of the variant's parameters the row was made with, unsigned 64 bits."""
    identity: bytes
    """Raw bytes of the last checked identity."""
    row: bytes | memoryview
    """One ``twin.layout.ROW`` record: an own copy or a slice of the cut's one copy."""
    day: bytes | memoryview
    """Likewise one ``twin.layout.DAY`` record; nothing on a day without driving."""
    delivery: bytes
    """Packed ``streams.order.Delivery`` with the raw records of held frames."""


class Cut(NamedTuple):
    """What a partition must make durable at a moment between two batches."""

    units: list[Snapshot]
    """Units changed since the last cut."""
    ledger: bytes
    """Packed ``streams.ledger.Ledger``."""
    log: "Waiting"
    """What the fleet's log has not been told yet."""
