"""Where telemetry comes from when it does not come from Kafka: files and the simulated fleet.

A source gives blocks of samples in the order in which they would have been sent; ``records`` encodes them like live
frames and puts the ticks between.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from schemas.telemetry import Identity


class SourceError(ValueError):
    """A source cannot be read as described; the message says what, where and what to do."""


class Block(NamedTuple):
    """One frame before encoding. ``times_us``: (n,) int64 UTC; ``signals``: name -> (n,) float64, NaN = missing."""

    identity: Identity
    boot: int
    sequence: int
    times_us: NDArray[Any]
    signals: Mapping[str, NDArray[Any]]
    mean: bool
    odometer_km: float
    sent_us: int = 0
    """When it is sent, UTC; 0: as soon as its last sample is there."""

    @property
    def order(self) -> tuple[int, str]:
        """By the time of sending; units at the same instant in the order of their names."""
        return self.sent_us or int(self.times_us[-1]), self.identity.unit


class Source(Protocol):
    """A finite stream of telemetry of one maker."""

    @property
    def maker(self) -> str: ...
    @property
    def units(self) -> list[str]: ...
    @property
    def frames(self) -> int:
        """Number of blocks that will come."""

    def blocks(self) -> Iterator[Block]:
        """All blocks in the order of ``Block.order``; the same each time."""
