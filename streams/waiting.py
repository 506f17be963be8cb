"""Frames that wait for their turn, and their raw records as bytes, so that they survive in a unit's snapshot."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.rejects import Reason
from streams.frames import Frame
from streams.identities import refuse
from streams.records import Message, Record
from streams.results import Refused

WINDOW = 8
MAX_HELD_BYTES = 1 << 18
"""Of each of the two groups that wait: a unit's snapshot must fit into one message."""
RECORD = struct.Struct("<qqiIH")
PART = struct.Struct("<Ii")


@dataclass(slots=True)
class Ordered:
    """What came out of ordering: frames to be taken now, in order, and what was refused."""

    frames: list[Frame] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    duplicates: int = 0

    def refuse(self, frame: Frame, reason: Reason, detail: str, late: bool) -> None:
        """Send a frame to the late topic or to the dead letters."""
        self.refused.append(Refused(frame.record, refuse(reason, detail), late))


class Waiting:
    """Frames of one group that wait; the lowest key is the next. A key says what makes a frame the same as another."""

    __slots__ = ("frames", "size")

    def __init__(self) -> None:
        self.frames: dict[tuple[int, ...], Frame] = {}
        self.size = 0

    @property
    def full(self) -> bool:
        """More waits than may."""
        return len(self.frames) > WINDOW or self.size > MAX_HELD_BYTES

    def add(self, key: tuple[int, ...], frame: Frame, out: Ordered) -> None:
        """Let a frame wait, unless one of its key waits already."""
        other = self.frames.get(key)
        if other is None:
            self.frames[key] = frame
            self.size += _size(frame.record)
        elif other.start_us == frame.start_us:
            out.duplicates += 1
        else:
            out.refuse(
                frame, Reason.REUSED_SEQUENCE, f"frame {frame.sequence} waits, starting at {other.start_us}", True
            )

    def pop(self, key: tuple[int, ...]) -> Frame | None:
        """Take a frame out."""
        frame = self.frames.pop(key, None)
        if frame is not None:
            self.size -= _size(frame.record)
        return frame


def _size(record: Record) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def pack_record(record: Record) -> bytes:
    """A record as bytes."""
    key, value, headers = record.key or b"", record.value or b"", list(record.headers)
    parts = [RECORD.pack(record.timestamp, record.offset, len(key), len(value), len(headers)), key, value]
    for name, content in headers:
        encoded = name.encode()
        parts += [PART.pack(len(encoded), -1 if content is None else len(content)), encoded, content or b""]
    return b"".join(parts)


def unpack_records(data: bytes, place: int, count: int) -> Iterator[Message]:
    """The records ``pack_record`` made the bytes of, from ``place`` on."""

    def take(length: int) -> bytes:
        nonlocal place
        place += length
        return bytes(data[place - length : place])

    for _ in range(count):
        timestamp, offset, key, value, headers = RECORD.unpack(take(RECORD.size))
        key_bytes, value_bytes = take(key), take(value)
        named: list[tuple[str, bytes]] = []
        for _ in range(headers):
            name, content = PART.unpack(take(PART.size))
            named.append((take(name).decode(), take(max(content, 0))))
        yield Message(key_bytes, value_bytes, named, timestamp, offset)
