"""What enters and leaves a Pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Alert
from schemas.rejects import Reject
from schemas.results import Result

if TYPE_CHECKING:
    from streams.codec import Frame

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


class Refused(NamedTuple):
    """A record that was not processed, with its original bytes: a dead letter or a late frame."""

    record: Record
    reject: Reject
    late: bool


@dataclass(slots=True)
class Points:
    """Results of one series and one variant.

    ``records``: (n,) of ``twin.layout.STATE`` or ``TRIP``; ``units``: (n,) names of their units;
    ``offsets``: (n,) int64, offset of the input record that made each (orders repeated keys in the lake).
    """

    measurement: str
    model: type[Result]
    maker: str
    variant: str
    model_version: str
    units: list[str]
    records: NDArray[Any]
    offsets: NDArray[np.int64]


@dataclass(slots=True)
class Output:
    """Everything one batch of a partition brought forth, in input order."""

    partition: int
    points: list[Points] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    frames: list["Frame"] = field(default_factory=list)
    """Frames accepted, for the raw archive."""


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
    delivery: bytes
    """Packed ``streams.order.Delivery`` with the raw records of held frames."""
