"""What a unit's snapshot looks like in the compacted state topic, and how an older one is read.

Four kinds of keys per partition: ``<unit>`` (row, day and delivery), ``\\0layout/<hash>`` (field names and types of
rows and days, so that a later version reads them by name), ``\\0ledger`` (``streams.ledger``) and
``\\0mark`` (offset up to which all of it contains the input).
A unit's id never starts with a zero byte.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import structlog
from numpy.typing import NDArray

from streams.records import Snapshot
from twin.layout import DAY, ROW

MARK_KEY = b"\0mark"
LEDGER_KEY = b"\0ledger"
LAYOUT_KEY = b"\0layout/"
MAGIC = b"EDU2"
HEADER = struct.Struct("<4sQQHIII")  # magic, layout hash, parameter hash, lengths of variant, identity, row, day
MARK = struct.Struct("<q")
log = structlog.get_logger()


class Layout(NamedTuple):
    """Record types of what is remembered of a unit."""

    row: np.dtype[Any]
    day: np.dtype[Any]


PRESENT = Layout(ROW, DAY)


def describe(layout: Layout) -> bytes:
    """A layout as JSON: name, type (of a record: its fields) and, for an array, shape of each field."""
    return json.dumps({name: np.lib.format.dtype_to_descr(kind) for name, kind in layout._asdict().items()}).encode()


def parse_layout(text: bytes) -> Layout:
    """The layout ``describe`` made the text of."""
    return Layout(**{name: _parse(fields) for name, fields in json.loads(text).items()})


def _parse(described: list[Any]) -> np.dtype[Any]:
    return np.lib.format.descr_to_dtype(_fields(described))


def _fields(described: list[Any]) -> list[Any]:
    """The tuples numpy wants, for the lists JSON has."""
    return [
        (name, kind if isinstance(kind, str) else _fields(kind), *map(tuple, shape)) for name, kind, *shape in described
    ]


def layout_hash(layout: Layout) -> int:
    """64 bits that change whenever a field's name, type or place does."""
    return int.from_bytes(blake2b(describe(layout), digest_size=8).digest(), "little")


def layout_record(layout: Layout) -> tuple[bytes, bytes]:
    """Key and value of the record that explains rows of this layout."""
    return LAYOUT_KEY + b"%016x" % layout_hash(layout), describe(layout)


def mark_record(mark: int) -> tuple[bytes, bytes]:
    """Key and value of the record that says up to which offset the rows contain the input."""
    return MARK_KEY, MARK.pack(mark)


def encode(snapshot: Snapshot, layout: int) -> tuple[bytes, bytes]:
    """Key and value of a unit's snapshot; ``layout`` is the hash of its layout."""
    variant = snapshot.variant.encode()
    row, day = memoryview(snapshot.row).cast("B"), memoryview(snapshot.day).cast("B")
    lengths = len(variant), len(snapshot.identity), len(row), len(day)
    header = HEADER.pack(MAGIC, layout, snapshot.parameter_hash, *lengths)
    return snapshot.unit.encode(), b"".join((header, variant, snapshot.identity, row, day, snapshot.delivery))


def decode(key: bytes, value: bytes) -> tuple[Snapshot, int]:
    """Snapshot and layout hash of a record; ValueError when it is none of ours."""
    magic, layout, parameters, *lengths = HEADER.unpack_from(value)
    if magic != MAGIC:
        raise ValueError(f"not a snapshot: begins with {magic!r}")
    parts, start = [], HEADER.size
    for length in lengths:
        parts.append(value[start : start + length])
        start += length
    if start > len(value):
        raise ValueError(f"snapshot cut short: {len(value)} of at least {start} bytes")
    variant, identity, row, day = parts
    return Snapshot(key.decode(), variant.decode(), parameters, identity, row, day, value[start:]), layout


def carry_over(old: NDArray[Any], new: NDArray[Any]) -> list[str]:
    """Copy same-named fields of equal shape from ``old`` to ``new`` (record arrays of one shape).

    A record in the record starts fresh as a whole when an array in it has another shape: its fields belong together.
    Returns the names of the fields of ``new`` left as they were.
    """
    fresh = []
    for name in new.dtype.names or ():
        if name not in (old.dtype.names or ()) or not _same_shapes(old[name], new[name]):
            fresh.append(name)
        elif new[name].dtype.names and old[name].dtype.names:
            fresh += [f"{name}.{inner}" for inner in carry_over(old[name], new[name])]
        elif np.can_cast(old[name].dtype, new[name].dtype, "same_kind"):
            new[name] = old[name]
        else:
            fresh.append(name)
    return fresh


def _same_shapes(old: NDArray[Any], new: NDArray[Any]) -> bool:
    shared = set(old.dtype.names or ()) & set(new.dtype.names or ())
    return old.shape == new.shape and all(_same_shapes(old[name], new[name]) for name in shared)


@dataclass(slots=True)
class Collected:
    """Records of one partition's state, the newest of each unit, until they are turned into snapshots."""

    layout: Layout
    fresh_row: Callable[[str], NDArray[Any] | None]
    """A new unit's row of a variant, (1,) of ``layout.row``; None when there is no such variant any more."""
    values: dict[bytes, bytes] = field(default_factory=dict)
    layouts: dict[int, Layout] = field(default_factory=dict)
    ledger: bytes = b""
    mark: int | None = None
    migrated: int = 0
    dropped: int = 0

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take the next record of the topic."""
        if key == MARK_KEY:
            self.mark = MARK.unpack(value)[0] if value else None
        elif key == LEDGER_KEY:
            self.ledger = value or b""
        elif key.startswith(LAYOUT_KEY):
            if value:
                self.layouts[int(key.removeprefix(LAYOUT_KEY), 16)] = parse_layout(value)
        elif value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    def take(self) -> list[Snapshot]:
        """Snapshots in the present layout; what cannot be read starts fresh, is counted and logged."""
        snapshots, present = [], layout_hash(self.layout)
        while self.values:
            key, value = self.values.popitem()
            try:
                snapshot, layout = decode(key, value)
                snapshots.append(snapshot if layout == present else self._migrate(snapshot, layout))
            except (ValueError, struct.error) as error:
                self.dropped += 1
                log.error("state of a unit is unreadable, it starts fresh", unit=repr(key), error=str(error))
        if self.migrated:
            log.warning("state was written in an older layout", units=self.migrated)
        return snapshots

    def _migrate(self, snapshot: Snapshot, layout: int) -> Snapshot:
        if layout not in self.layouts:
            raise ValueError(f"its layout {layout:016x} is not described in the topic")
        row = self.fresh_row(snapshot.variant)
        if row is None:
            raise ValueError(f"there is no variant {snapshot.variant!r}")
        old = self.layouts[layout]
        carry_over(np.frombuffer(snapshot.row, old.row), row)
        day = np.zeros(len(snapshot.day) // old.day.itemsize, self.layout.day)
        carry_over(np.frombuffer(snapshot.day, old.day), day)
        self.migrated += 1
        return snapshot._replace(row=row.tobytes(), day=day.tobytes())
