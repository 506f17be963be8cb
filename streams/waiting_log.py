"""What the fleet's log must be told at the next checkpoint: the first megabytes wait in memory, the rest in a file.

One tick may close the day of every unit, 4 to 19 kB each: 10,000 units are 40 to 190 MB, which no worker needs to hold.
"""

import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from streams.records import LogRecord

IN_MEMORY_BYTES = 8 << 20
_LENGTH = struct.Struct("<i")
_NONE = -1


class WaitingLog:
    """Records in their order. The file has no name and goes with the process: what was not saved comes again."""

    def __init__(self, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._file: IO[bytes] = BytesIO()
        self._most = in_memory_bytes
        self._count, self._end = 0, 0

    def put(self, records: Iterable[LogRecord]) -> None:
        """Add records. OSError where the folder for temporary files (TMPDIR) is full: the records before stay whole."""
        for record in records:
            if isinstance(self._file, BytesIO) and self._end > self._most:
                self._file = _to_disk(self._file)
            self._file.seek(self._end)  # over what a full disk left of a record
            self._file.write(_packed(record))
            self._file.flush()
            self._end = self._file.tell()
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[LogRecord]:
        self._file.seek(0)
        for _ in range(self._count):
            key, value, *words = [self._part() for _ in range(self._length())]
            names, said = words[::2], words[1::2]
            headers = tuple(((name or b"").decode(), one or b"") for name, one in zip(names, said, strict=True))
            yield LogRecord(key, value or b"", headers)

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):  # never made, or what is left of a record on a full disk
            self._file.close()

    def _length(self) -> int:
        return int(_LENGTH.unpack(self._file.read(_LENGTH.size))[0])

    def _part(self) -> bytes | None:
        length = self._length()
        return None if length == _NONE else self._file.read(length)


def _packed(record: LogRecord) -> bytes:
    key, value, headers = record
    parts = [key, value, *(part for name, said in headers for part in (name.encode(), said))]
    packed = [_LENGTH.pack(len(parts))]
    for part in parts:
        packed += _LENGTH.pack(_NONE if part is None else len(part)), part or b""
    return b"".join(packed)


def _to_disk(held: BytesIO) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115 - as long as the log
    try:
        file.write(held.getbuffer())
        file.flush()
    except OSError:
        with suppress(OSError):
            file.close()
        raise
    return file
