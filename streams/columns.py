"""Which signal stands in which column of a block: checked once for each distinct list of signal ids."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.rejects import Reason, Reject
from schemas.signals import REQUIRED, SIGNAL_BY_ID, SIGNAL_BY_NAME, SIGNALS
from streams.identities import Bounded, refuse


@dataclass(slots=True, frozen=True, eq=False)
class Columns:
    """A checked list of signal ids. ``source[i]``: column of the block that carries ``SIGNALS[i]``, or -1."""

    ids: bytes
    width: int
    source: NDArray[np.int64]

    @property
    def names(self) -> list[str]:
        """Names of the signals in the order of the block."""
        return [SIGNAL_BY_ID[number].name for number in self.ids]


class Layouts:
    """Bounded memory of checked lists of signal ids."""

    def __init__(self) -> None:
        self.known: Bounded[Columns | Reject] = Bounded(1 << 10)

    def check(self, ids: bytes) -> Columns | Reject:
        """The columns behind a list of signal ids, or why it is refused."""
        known = self.known.get(ids)
        if known is None:
            known = _check(ids)
            if len(ids) <= len(SIGNALS):
                self.known.put(ids, known)
        return known


def _check(ids: bytes) -> Columns | Reject:
    unknown = sorted(set(ids) - SIGNAL_BY_ID.keys())
    if unknown:
        return refuse(Reason.UNKNOWN_SIGNAL, f"signal ids {unknown} are not in this contract")
    if len(set(ids)) < len(ids):
        twice = sorted({SIGNAL_BY_ID[number].name for number in ids if ids.count(number) > 1})
        return refuse(Reason.DUPLICATE_SIGNAL, f"given more than once: {', '.join(twice)}")
    absent = [name for name in REQUIRED if SIGNAL_BY_NAME[name].id not in ids]
    if absent:
        return refuse(Reason.NO_REQUIRED_SIGNAL, f"required signals are absent: {', '.join(absent)}")
    source = np.full(len(SIGNALS), -1, np.int64)
    source[[number - 1 for number in ids]] = np.arange(len(ids))
    return Columns(bytes(ids), len(ids), source)
