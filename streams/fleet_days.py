"""What the fleet's log has said and no day has taken yet: parts of days, markers, signs of failure, work done."""

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.daily import DayMarker
from schemas.results import EduDay
from twin.fleet import older
from twin.fleet.ages import N_SUMMED, N_USED, Replaced
from twin.fleet.days import Day, merge_parts, parts_of
from twin.fleet.features import N_FEATURES, Floats, Indices
from twin.fleet.peers import KEPT_DAYS
from twin.fleet.use import COLUMNS, DayUse, present

MOST_IDLE_DAYS = 100
"""Days without parts that are closed one by one: after more, whatever could expire has."""
Segments = Callable[[list[str]], Indices]
"""Present segments of units."""


class OpenDays:
    """Collects a maker's days until the markers of all partitions close them."""

    def __init__(self, partitions: int) -> None:
        self._over: list[int | None] = [None] * partitions  # day up to which each partition has put out its days
        self._parts: dict[int, list[Day]] = defaultdict(list)
        self._counted: dict[int, list[int]] = {}  # day -> parts promised by markers, parts that came
        self._signs: dict[str, int] = {}  # unit -> day of its first sign not yet taken
        self._works: dict[str, list[int]] = {}  # unit -> days of work done on it
        self._used: dict[int, list[tuple[str, list[float]]]] = defaultdict(list)  # day -> what its parts used
        self._replaced: list[Replaced] = []
        self._use = DayUse()

    def add(self, point: EduDay, wear: Sequence[float] = ()) -> None:
        """A part of a day, ``wear``: its damage of each summed component. Work done up to its day puts it into a
        further segment of the unit.
        """
        self._count(point.day, 1, 0)
        worn = wear if len(wear) == N_SUMMED else [0.0] * N_SUMMED
        self._used[point.day].append((point.unit, [point.distance_km, point.driving_s / 3_600.0, *worn]))
        self._use.add(point)
        works = sum(day <= point.day for day in self._works.get(point.unit, ()))
        part = parts_of(point.day, [point])
        self._parts[point.day].append(part._replace(segment=part.segment + works))

    def mark(self, marker: DayMarker) -> None:
        """A partition has put out its days, one after the other: what is not after its last is a copy. IndexError for a
        partition that the topic does not have.
        """
        over = self._over[marker.partition]
        if over is None or marker.day > over:
            self._over[marker.partition] = marker.day
            self._count(marker.day, 0, marker.parts)

    def sign(self, unit: str, day: int) -> None:
        """A unit has shown a sign of failure. Of two the first counts, but an old one not before one of today."""
        known = self._signs.get(unit, day)
        self._signs[unit] = min(day, known) if abs(day - known) < KEPT_DAYS else max(day, known)

    def work(self, unit: str, day: int) -> None:
        """Something was done to a unit after which it is another. The same day counts once."""
        days = self._works.setdefault(unit, [])
        if day not in days:
            days.append(day)

    def replace(self, one: Replaced) -> None:
        """A part was replaced, or an odometer read; it counts from the day after on."""
        self._replaced.append(one)

    def replaced_before(self, day: int) -> list[Replaced]:
        """What the log says of days before, in an order that does not depend on when it was said; it is taken out."""
        over = [one for one in self._replaced if one.day < day]
        self._replaced = [one for one in self._replaced if one.day >= day]
        return sorted(over, key=lambda one: (one.day, one.unit, one.part or "", one.odometer_km or 0.0))

    def used(self, last: int) -> Iterator[tuple[int, list[str], Floats]]:
        """Days up to one, the oldest first: units by id and what they used (n, N_USED); they are taken out."""
        for day in sorted(one for one in self._used if one <= last):
            parts = sorted(self._used.pop(day))  # sums do not depend on the order in which parts came
            names = sorted({unit for unit, _ in parts})
            place = {unit: at for at, unit in enumerate(names)}
            used = np.zeros((len(names), N_USED))
            np.add.at(used, [place[unit] for unit, _ in parts], [values for _, values in parts])
            yield day, names, used

    def over(self) -> int | None:
        """The last day that all partitions have put out."""
        known = [day for day in self._over if day is not None]
        return min(known) if len(known) == len(self._over) else None

    def newest_over(self) -> int | None:
        """The newest day that any partition has put out."""
        return max((day for day in self._over if day is not None), default=None)

    def due(self, closed: int, last: int) -> Iterator[int]:
        """Days to be closed after ``closed`` (-1: none ever was) up to ``last``, in order."""
        waiting = [day for day in self._parts if closed < day <= last]
        begin = min(waiting, default=last) if closed < 0 else closed + 1
        idle = range(max(begin, last - MOST_IDLE_DAYS + 1), last + 1)
        yield from sorted({*waiting, *idle})

    def newest(self) -> int | None:
        """The newest day with parts."""
        return max(self._parts, default=None)

    def missing(self, day: int) -> int:
        """Parts that markers promised for a day and that never came."""
        came, promised = self._counted.get(day, (0, 0))
        return max(0, promised - came)

    def take(self, day: int, segments: Segments) -> tuple[Day, list[Day]]:
        """A day with its signs, and what came late of earlier ones by day; they are waited for no more. What failed
        more than KEPT_DAYS ago is history, whenever it is told, and no sign of today.

        A unit that failed and does not drive any more is there without values.
        """
        late = [merge_parts(_joined(one, self._parts.pop(one))) for one in sorted(self._parts) if one < day]
        whole = merge_parts(_joined(day, self._parts.pop(day, [])))
        self._counted = {one: counts for one, counts in self._counted.items() if one > day}
        given = sorted(unit for unit, first in self._signs.items() if day - KEPT_DAYS < first <= day)
        self._signs = {unit: first for unit, first in self._signs.items() if first > day}
        present = set(whole.units)
        absent = [unit for unit in given if unit not in present]
        if absent:
            whole = merge_parts(_joined(day, [whole, _without_values(day, absent, segments(absent))]))
        return whole._replace(signs=np.isin(whole.units, given)), late

    def use(self, day: int) -> dict[str, Floats]:
        """Unit -> how it was used on a day that is closed now; to be asked once."""
        return self._use.take(day)

    def pack(self) -> bytes:
        """Bytes for the state topic."""
        days = [_joined(day, parts) for day, parts in sorted(self._parts.items())]
        used, rows = self._use.pack()
        words = {
            "use": [COLUMNS, used],
            "features": older.PRESENT,
            "over": self._over,
            "counted": sorted(self._counted.items()),
            "signs": sorted(self._signs.items()),
            "works": sorted(self._works.items()),
            "units": [[day.day, day.units] for day in days],
            "used": sorted(self._used.items()),
            "replaced": self._replaced,
        }
        arrays: dict[str, NDArray[Any]] = {"words": np.frombuffer(json.dumps(words).encode(), np.uint8), "use": rows}
        for name in ("value", "sd", "valid", "segment") if days else ():
            arrays[name] = np.concatenate([getattr(day, name) for day in days])
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def unpack(self, data: bytes) -> None:
        """Become what ``pack``, of an earlier version too, made the bytes of. ValueError when it was made for another
        number of partitions, or has columns of use that this program does not have.
        """
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            words: dict[str, Any] = json.loads(arrays["words"].tobytes())
            if len(words["over"]) != len(self._over):
                raise ValueError(
                    f"state of {len(words['over'])} partitions, {len(self._over)} are set (EDU_TWIN_PARTITIONS)"
                )
            if "use" in words:
                names, used = words["use"]
                self._use.unpack(used, present(names, arrays["use"]))
            self._over = words["over"]
            self._counted = {day: counts for day, counts in words["counted"]}
            self._signs, self._works = dict(words["signs"]), dict(words["works"])
            self._used = defaultdict(
                list, {day: [(unit, used) for unit, used in parts] for day, parts in words.get("used", ())}
            )
            self._replaced = [Replaced(*one) for one in words.get("replaced", ())]
            if not words["units"]:
                return
            stored = older.names_of(words.get("features"), arrays["value"].shape[-1])
            empty = {"value": np.nan, "sd": np.nan, "valid": False}
            columns = [older.features(arrays[name], stored, none) for name, none in empty.items()]
            at = 0
            for day, units in words["units"]:
                own = slice(at, at := at + len(units))
                value, sd, valid, segment = (column[own] for column in (*columns, arrays["segment"]))
                self._parts[day] = [Day(day, units, value, sd, valid, segment, np.zeros(len(units), np.bool_))]

    def _count(self, day: int, came: int, promised: int) -> None:
        counted = self._counted.setdefault(day, [0, 0])
        counted[0] += came
        counted[1] += promised


def _joined(day: int, parts: Sequence[Day]) -> Day:
    """Parts of a day one below the other, as they came."""
    if not parts:
        return parts_of(day, [])
    units = [unit for part in parts for unit in part.units]
    value, sd = np.concatenate([part.value for part in parts]), np.concatenate([part.sd for part in parts])
    valid, signs = np.concatenate([part.valid for part in parts]), np.concatenate([part.signs for part in parts])
    return Day(day, units, value, sd, valid, np.concatenate([part.segment for part in parts]), signs)


def _without_values(day: int, units: list[str], segments: Indices) -> Day:
    empty = np.full((len(units), N_FEATURES), np.nan)
    return Day(day, units, empty, empty, np.isfinite(empty), segments, np.ones(len(units), dtype=np.bool_))
