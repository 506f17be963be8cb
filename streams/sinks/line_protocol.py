"""Points -> InfluxDB line protocol. The same points always give the same bytes.

A line is ``measurement,maker=..,unit=..,variant=.. model_version="..",field=..,.. time_us``: tags sorted, fields in the
order of the model, time in microseconds. A float that is NaN or infinite is left out; the fields that are never absent
(``model_version``, counts, validity) keep a line from being empty.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.results import MEASUREMENT, OWN_TAGS, Told, Validity
from streams.results import Points
from streams.sinks.line_kernels import FLOAT, INTEGER, NUMBER_WIDTH, SKIP, WORD, Strings, padded, put_lines, strings
from twin.layout import result_dtype

CHUNK_POINTS = 1_000
"""Points formatted into one byte string: small enough that the buffer stays in the cache."""

MAX_PREFIXES = 1 << 17

_WHITE_SPACE = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
_MEASUREMENT_ESCAPES = str.maketrans({",": r"\,", " ": r"\ ", **_WHITE_SPACE})
_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", **_WHITE_SPACE})
_STRING_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})


def escape_tag(value: str) -> str:
    r"""Tag value as line protocol wants it; a trailing backslash would swallow what follows and gets a space."""
    escaped = value.translate(_TAG_ESCAPES)
    return escaped + " " if escaped.endswith("\\") else escaped


def quote(value: str) -> str:
    """String field value with its quotes."""
    return f'"{value.translate(_STRING_ESCAPES)}"'


def word(validity: int) -> str:
    """How a validity reads in InfluxDB, Grafana and the lake."""
    return Validity(validity).name.lower()


_Key = str | tuple[Any, ...]
"""A unit; with labels (unit, numbers of the labels)."""


class _Layout(NamedTuple):
    """What all lines of one series share."""

    time_column: int
    kinds: NDArray[np.int64]
    names: Strings
    words: Strings
    width: int  # longest line without its prefix
    labels: tuple[tuple[str, type[IntEnum]], ...]  # columns whose words stand in the prefix


@cache
def _layout(model: type[Told]) -> _Layout:
    dtype = result_dtype(model)
    columns = dtype.names or ()
    kinds, names, labels = [], [], []
    for column in columns:
        said = model.model_fields[column].annotation if column in model.model_fields else None
        if isinstance(said, type) and issubclass(said, IntEnum) and said is not Validity:
            labels.append((column, said))
            kind = SKIP
        elif column in ("row", "time_us"):
            kind = SKIP
        elif dtype[column].kind == "f":
            kind = FLOAT
        else:
            kind = WORD if said is Validity else INTEGER
        kinds.append(kind)
        names.append(f",{column}=".encode())
    words = [quote(word(validity)).encode() for validity in range(len(Validity))] + [b'"unknown"']
    width = sum(map(len, names)) + len(columns) * max(NUMBER_WIDTH, *map(len, words)) + NUMBER_WIDTH
    return _Layout(columns.index("time_us"), np.array(kinds), strings(names), strings(words), width, tuple(labels))


class LineFormatter:
    """Formats points; remembers the beginnings of lines of the units it has seen (bounded)."""

    def __init__(self) -> None:
        self._prefixes: dict[tuple[str, str, str, str], dict[_Key, tuple[bytes, int]]] = {}
        self._remembered = 0
        self._buffer = np.empty(0, dtype=np.uint8)

    def chunks(self, points: Points) -> Iterator[tuple[bytes, int]]:
        """Yield (bytes, number of lines) of at most CHUNK_POINTS lines, each ending with a line feed."""
        for first in range(0, len(points.records), CHUNK_POINTS):
            records = np.ascontiguousarray(points.records[first : first + CHUNK_POINTS])
            yield self._format(points, points.units[first : first + CHUNK_POINTS], records), len(records)

    def lines(self, points: Points) -> bytes:
        """All points as one byte string."""
        return b"".join(lines for lines, _ in self.chunks(points))

    def _format(self, points: Points, units: list[str], records: NDArray[Any]) -> bytes:
        layout = _layout(MEASUREMENT[points.measurement])
        labels = [records[name].tolist() for name, _ in layout.labels]
        keys: Sequence[_Key] = list(zip(units, *labels, strict=True)) if labels else units
        parts, lengths = zip(*self._line_prefixes(points, keys, layout), strict=True)
        prefixes = strings(parts, lengths)
        room = len(records) * layout.width + 8 * len(prefixes[0]) + 16
        if room > len(self._buffer):
            self._buffer = np.empty(room, dtype=np.uint8)
        columns = len(layout.kinds)
        length = put_lines(
            self._buffer,
            records.view(np.int64).reshape(-1, columns),
            records.view(np.float64).reshape(-1, columns),
            layout.time_column,
            layout.kinds,
            layout.names,
            layout.words,
            prefixes,
        )
        return self._buffer[:length].tobytes()

    def _line_prefixes(self, points: Points, keys: Sequence[_Key], layout: _Layout) -> list[tuple[bytes, int]]:
        shared = (points.measurement, points.maker, points.variant, points.model_version)
        known = self._prefixes.setdefault(shared, {})
        try:
            return [known[key] for key in keys]
        except KeyError:
            pass
        new = set(keys).difference(known)
        if self._remembered + len(new) > MAX_PREFIXES:
            self._remembered = 0
            self._prefixes = {shared: (known := {})}
            new = set(keys)
        for key in new:
            prefix = _prefix(points, key, layout)
            known[key] = padded(prefix), len(prefix)
        self._remembered += len(new)
        return [known[key] for key in keys]


def _prefix(points: Points, key: _Key, layout: _Layout) -> bytes:
    """A line up to and including the fields that are the same for its unit and labels, ``model_version`` first."""
    unit, *numbers = (key,) if isinstance(key, str) else key
    values = {"maker": points.maker, points.model.SUBJECT: unit, "variant": points.variant}
    labels = {name: kind(number).name.lower() for (name, kind), number in zip(layout.labels, numbers, strict=True)}
    values |= {tag: labels.pop(tag) for tag in OWN_TAGS if tag in labels}
    tags = "".join(f",{tag}={escape_tag(values[tag])}" for tag in sorted(values) if values[tag])
    measurement = points.measurement.translate(_MEASUREMENT_ESCAPES)
    fields = "".join(f",{name}={quote(text)}" for name, text in labels.items())
    return f"{measurement}{tags} model_version={quote(points.model_version)}{fields}".encode()
