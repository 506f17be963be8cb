"""What the fleet stage remembers of a unit, and the registry: what it is, where it comes from, its car."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import N_FEATURES, Indices

FACTS = ("variant", "mounting", "climate", "plant", "batch", "firmware", "hardware", "vehicle")
"""Words of the registry about a unit."""
COHORT_KINDS = ("batch", "plant", "firmware", "hardware")
STRATA = (("variant", "mounting", "climate"), ("variant", "mounting"), ("variant",))
"""Who is comparable, from close to coarse."""

BLOCKS, BLOCK_DAYS = 12, 5
"""The 60 days that slow ramps are sought in."""
_EACH = (N_FEATURES,)

UNIT = np.dtype(
    [
        *((name, np.int32) for name in FACTS),  # numbers of words
        ("known_firmware", np.int32),  # at the last valid day,
        ("known_hardware", np.int32),
        ("segment", np.int32),
        ("segment_days", np.int16),  # valid days in it, up to a limit
        ("first_day", np.int32),
        ("last_day", np.int32),
        ("sign_day", np.int32),  # of its last sign of failure
        ("air_c", np.float32),  # mean of the air it drives in,
        ("air_days", np.int16),  # over so many days,
        ("air_day", np.int32),  # the last of them
        ("odd_looks", np.int16),  # looks in a row at which it was unlike the others
        # by feature
        ("baseline", np.float32, _EACH),  # own normal against the peers' day
        ("baseline_var", np.float32, _EACH),
        ("days", np.int16, _EACH),  # valid days
        ("scatter_var", np.float32, _EACH),  # of its days about the baseline
        ("last_x", np.float32, _EACH),  # standardised residual of the last valid day
        ("last_x_day", np.int32, _EACH),
        ("level", np.float32, _EACH),  # present change against the baseline, smoothed
        ("up", np.float32, _EACH),  # CUSUM of rises, the sum of residuals since it left zero, and how many
        ("up_sum", np.float32, _EACH),
        ("up_days", np.int16, _EACH),
        ("down", np.float32, _EACH),  # the same of falls
        ("down_sum", np.float32, _EACH),
        ("down_days", np.int16, _EACH),
        ("block", np.float32, (BLOCKS, N_FEATURES)),  # sums of standardised residuals by five days
        ("block_days", np.uint8, (BLOCKS, N_FEATURES)),
        ("block_number", np.int32),  # of the newest
    ]
)
"""One unit; float32 and short integers: a million units are kept by one process."""

NEVER = -1_000_000
UNKNOWN = "unknown"


class Units:
    """Rows in order of first appearance, names, and the registry's words numbered in order of appearance."""

    def __init__(
        self,
        rows: NDArray[Any] | None = None,
        names: list[str] | None = None,
        words: dict[str, list[str]] | None = None,
    ) -> None:
        self._store = np.zeros(0, dtype=UNIT) if rows is None else rows
        self.names = names or []
        self.words = words or {kind: [UNKNOWN] for kind in FACTS}
        self.place = {name: k for k, name in enumerate(self.names)}
        self._number = {kind: {word: k for k, word in enumerate(own)} for kind, own in self.words.items()}

    @property
    def rows(self) -> NDArray[Any]:
        """(units,) UNIT, to be read and written."""
        return self._store[: len(self.names)]

    def places(self, names: list[str]) -> Indices:
        """Rows of units; the unknown get new ones."""
        new = [name for name in names if name not in self.place]
        if new:
            before, after = len(self.names), len(self.names) + len(new)
            if after > len(self._store):  # twice as many: registering one by one must not copy all each time
                spare = np.zeros(max(after, 2 * before) - before, dtype=UNIT)
                self._store = np.concatenate([self.rows, spare])
            self.place |= {name: before + k for k, name in enumerate(new)}
            self.names += new
            for column in ("first_day", "last_day", "sign_day", "air_day", "last_x_day"):
                self.rows[column][before:] = NEVER
        return np.array([self.place[name] for name in names], dtype=np.int64)

    def register(self, unit: str, **facts: str) -> None:
        """Take what the registry says of a unit; what it does not name stays. Raises KeyError for an unknown fact."""
        at = self.places([unit])[0]
        for kind, word in facts.items():
            self.rows[kind][at] = self.number(kind, word)

    def number(self, kind: str, word: str) -> int:
        """Number of a word of the registry, a new one where it is new."""
        numbers = self._number[kind]
        if word not in numbers:
            numbers[word] = len(numbers)
            self.words[kind].append(word)
        return numbers[word]

    def word(self, kind: str, at: int) -> str:
        """What the registry says of the unit in a row."""
        return self.words[kind][int(self.rows[kind][at])]


def groups(rows: NDArray[Any], kinds: tuple[str, ...]) -> tuple[Indices, Indices]:
    """Units that share all of these facts: number of each unit's group (n,), and the first unit of each group."""
    key = np.zeros(len(rows), dtype=np.int64)
    for kind in kinds:
        key = key * (int(rows[kind].max(initial=0)) + 1) + rows[kind]
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return number.astype(np.int64), first.astype(np.int64)


def partners(rows: NDArray[Any]) -> Indices:
    """Index (n,) of the other unit of the same car among these rows; -1 without one, or in cars with three."""
    found = np.full(len(rows), -1, dtype=np.int64)
    order = np.argsort(rows["vehicle"], kind="stable")
    vehicle = rows["vehicle"][order]
    _, first, count = np.unique(vehicle, return_index=True, return_counts=True)
    pairs = first[(count == 2) & (vehicle[first] > 0)]
    found[order[pairs]], found[order[pairs + 1]] = order[pairs + 1], order[pairs]
    return found
