"""What the fleet's log must be told at the next checkpoint: the first megabytes wait in memory, the rest in a file.

One tick may close the day of every unit, 4 to 19 kB each: 10,000 units are 40 to 190 MB, which no worker needs to hold.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

from streams.records import LogRecord

IN_MEMORY_BYTES = 8 << 20
_LENGTH = struct.Struct("<i")
_NONE = -1


class WaitingLog:
    """Records in their order. The file has no name and goes with the process: what was not saved comes again."""

    def __init__(self, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._file = SpooledTemporaryFile(max_size=in_memory_bytes)  # noqa: SIM115 - as long as the object
        self._count = 0

    def put(self, records: Iterable[LogRecord]) -> None:
        """Add records. OSError where the folder for temporary files (TMPDIR) is full."""
        self._file.seek(0, os.SEEK_END)
        for key, value, headers in records:
            parts = [key, value, *(part for name, said in headers for part in (name.encode(), said))]
            self._file.write(_LENGTH.pack(len(parts)))
            for part in parts:
                self._file.write(_LENGTH.pack(_NONE if part is None else len(part)))
                self._file.write(part or b"")
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
        self._file.close()

    def _length(self) -> int:
        return int(_LENGTH.unpack(self._file.read(_LENGTH.size))[0])

    def _part(self) -> bytes | None:
        length = self._length()
        return None if length == _NONE else self._file.read(length)
