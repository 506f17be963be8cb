"""What a message became: a Frame of samples or a Tick."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.columns import Columns
from streams.identities import CheckedIdentity
from streams.records import Record


@dataclass(slots=True, eq=False)
class Frame:
    """One block of samples of one unit. Everything about it was checked; nothing after ``decode`` checks again.

    ``interval_us``: spacing, or 0 when ``offsets_us`` (int64, first 0, strictly rising) is given.
    ``block``: row-major samples x columns, little-endian float32 (missing NaN) or, if ``int16``, int16 of the
    contract's scale (missing -32768). ``end_us``: time of the last sample. ``odometer_km``: NaN when not given.
    ``gaps``: frames known to be missing just before it, set by ``order``.
    """

    identity: CheckedIdentity
    boot: int
    sequence: int
    start_us: int
    interval_us: int
    offsets_us: NDArray[np.int64] | None
    end_us: int
    count: int
    columns: Columns
    int16: bool
    block: bytes
    mean: bool
    ready: bool
    odometer_km: float
    record: Record
    gaps: int = 0

    def times_us(self) -> NDArray[np.int64]:
        """Time of each sample, microseconds UTC."""
        if self.offsets_us is not None:
            return self.offsets_us + self.start_us
        return np.arange(self.count, dtype=np.int64) * self.interval_us + self.start_us


@dataclass(slots=True)
class Tick:
    """ "It is now ``time_us``": may decide when something is emitted, never what it contains."""

    time_us: int
    record: Record
