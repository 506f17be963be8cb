"""Who is in a partition: units with their order and row, and per variant the rows and the frames of the next step."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.frames import Frame
from streams.identities import CheckedIdentity
from streams.order import Delivery
from streams.pack import Packer
from streams.records import Record, Snapshot
from streams.results import Refused
from twin.layout import DAY, ROW
from twin.twin import Results, Twin


class Fleet:
    """All units of one variant in one partition. ``names[row]`` is the unit of a row."""

    def __init__(self, maker: str, variant: str, twin: Twin) -> None:
        self.maker = maker
        self.variant = variant
        self.twin = twin
        self.rows = twin.new_rows()
        self.names: list[str] = []
        self._free: list[int] = []
        self._packer = Packer()
        self._frames: list[Frame] = []
        self._rows: list[int] = []

    @property
    def parameter_hash(self) -> int:
        """Hash of the variant's parameters, unsigned 64 bits."""
        return int(self.twin.variant.parameter_hash)

    def new_row(self, name: str) -> int:
        """A fresh row for a unit."""
        if not self._free:
            self.names.append(name)
            return self.rows.add()
        row = self._free.pop()
        self.names[row] = name
        return row

    def free(self, row: int) -> None:
        """Give a row back whose unit went to another variant."""
        self.rows.reset(row)
        self._free.append(row)

    def count_on(self, row: int, old: "Fleet", old_row: int) -> None:
        """Number the day's parts where the unit's row of another variant ended."""
        for name in ("day", "day_parts"):
            self.rows.records[name][row] = old.rows.records[name][old_row]

    def add(self, frame: Frame, row: int) -> None:
        """Remember a frame for the next step."""
        self._frames.append(frame)
        self._rows.append(row)

    def step(self) -> Iterator[tuple[Sequence[Frame], Results]]:
        """Run the twin over the frames added; yields (frames, results) of bounded portions."""
        if not self._frames:
            return
        frames, rows = self._frames, self._rows
        self._frames, self._rows = [], []
        for first, table, times_us, samples in self._packer.pack(frames, rows, self.parameter_hash):
            results = self.twin.step(self.rows, table, times_us, samples)
            yield frames[first : first + len(table)], results

    def snapshots(self, units: Sequence["Unit"]) -> Iterator[Snapshot]:
        """Snapshots of units of this variant; their records are copied at once."""
        rows = np.fromiter((unit.row for unit in units), np.int64, len(units))
        is_open = self.rows.days["open"][rows].astype(bool)
        days = _slices(self.rows.days, rows[is_open])
        fields = (
            (unit.name for unit in units),
            repeat(self.variant),
            repeat(self.parameter_hash),
            (unit.identity.raw for unit in units),
            _slices(self.rows.records, rows),
            (next(days) if open_ else b"" for open_ in is_open.tolist()),
            (unit.delivery.pack() for unit in units),
        )
        return map(Snapshot._make, zip(*fields, strict=False))  # half the time of Snapshot(...)

    def restore(self, saved: Mapping[int, Snapshot]) -> None:
        """Overwrite rows, given by their index, and their days with those of snapshots."""
        rows = np.fromiter(saved, np.int64, len(saved))
        self.rows.records[rows] = np.frombuffer(b"".join(one.row for one in saved.values()), ROW)
        for row, snapshot in saved.items():
            self.rows.empty(row)
            if snapshot.day:
                self.rows.days[row] = np.frombuffer(snapshot.day, DAY)[0]


def _slices(records: NDArray[Any], which: NDArray[np.int64]) -> Iterator[memoryview]:
    """One copy of some records as the bytes of each."""
    copies, size = np.take(records.view(np.ndarray), which).view(np.uint8).data, records.dtype.itemsize
    return (copies[place : place + size] for place in range(0, len(copies), size))


class Unit:
    """One unit: its last identity, the order of its frames, and which row of which variant is its own."""

    __slots__ = ("day", "delivery", "fleet", "identity", "name", "row")

    def __init__(self, identity: CheckedIdentity) -> None:
        self.name = identity.identity.unit
        self.identity = identity
        self.delivery = Delivery()
        self.fleet: Fleet | None = None
        self.row = -1
        self.day = 0  # UTC day of its last frame, since 1970

    @property
    def last_sample_us(self) -> int:
        """Event time of the last sample its row has used; 0: none."""
        return 0 if self.fleet is None else int(self.fleet.rows.records["time_us"][self.row])

    def restore(
        self,
        snapshot: Snapshot,
        identity: CheckedIdentity,
        fleet: Fleet,
        decode: Callable[[Record], object],
        refused: list[Refused],
    ) -> None:
        """Become what the snapshot says but for the row; waiting frames that are refused by now go to ``refused``."""
        if self.fleet is not fleet:
            if self.fleet is not None:
                self.fleet.free(self.row)
            self.fleet, self.row = fleet, fleet.new_row(self.name)
        self.identity = identity
        self.delivery = Delivery.unpack(snapshot.delivery, decode, refused)
