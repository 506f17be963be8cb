"""The twin of a variant: frozen parameters and compiled kernels, shared by all units of the variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.advance import advance, tick
from twin.estimators import outputs
from twin.layout import ALERT, DAY, DAY_POINT, FRAME, HEALTH, LOAD, N_SIGNALS, ROW, SAMPLE, STATE, TRIP, WORK
from twin.layout.finite import in_words
from twin.layout.fresh import fresh_row
from twin.layout.views import as_parameters, as_values, read_only
from twin.variants import Variant

Records = NDArray[Any]


def code_version() -> str:
    """Version of the installed project."""
    try:
        return version("edu-twin")
    except PackageNotFoundError:
        return "0+unknown"


def grown(records: Records, used: int, capacity: int) -> Records:
    """A (capacity,) copy of the first ``used`` records, then zeros; only what is open of DAY takes memory."""
    more = np.zeros(capacity, records.dtype).view(np.recarray)
    if records.dtype == DAY:
        which = np.flatnonzero(records["open"][:used])
        more[which] = records[which]
    else:
        more[:used] = records[:used]
    return more


class Rows:
    """Growable array of the records of one variant's units: ROW, and at the same index DAY."""

    def __init__(self, capacity: int = 64) -> None:
        self._records: Records = np.zeros(max(capacity, 1), ROW).view(np.recarray)
        self._days: Records = np.zeros(max(capacity, 1), DAY).view(np.recarray)
        self._count = 0
        self._fresh = fresh_row()[0]

    def __len__(self) -> int:
        return self._count

    @property
    def records(self) -> Records:
        """(len,) ROW, a view: valid until the next ``add``."""
        return self._records[: self._count]

    @property
    def days(self) -> Records:
        """(len,) DAY, a view like ``records``."""
        return self._days[: self._count]

    def add(self) -> int:
        """Append a fresh row and return its index."""
        if self._count == len(self._records):
            self._records = grown(self._records, self._count, 2 * self._count)
            self._days = grown(self._days, self._count, 2 * self._count)
        index = self._count
        self._records[index] = self._fresh
        self._count += 1
        return index

    def reset(self, index: int) -> None:
        """Make a row fresh again."""
        self._records[index] = self._fresh
        self.empty(index)

    def empty(self, index: int) -> None:
        """Empty a unit's day."""
        if self._days["open"][index]:
            self._days[index] = np.zeros(1, DAY)[0]

    def copy(self, index: int) -> tuple[Records, Records]:
        """(1,) ROW and DAY: the unit as it is now."""
        return self.records[index : index + 1].copy(), self.days[index : index + 1].copy()

    def restore(self, index: int, row: Records, day: Records) -> None:
        """Overwrite a unit with what ``copy`` gave."""
        self.records[index : index + 1] = row
        self.days[index : index + 1] = day


@dataclass(slots=True)
class Results:
    """What one call brought forth, in input order.

    ``states`` (n,) STATE, ``trips`` (m,) TRIP, ``alerts`` (k,) ALERT, ``days`` (d,) DAY_POINT and ``day_parts``
    (d,) the DAY behind each, ``loads`` (l,) LOAD, ``healths`` (h,) HEALTH; ``*_frames``: index of the frame
    that made each, -1 for a tick.
    """

    states: Records
    state_frames: NDArray[np.int64]
    trips: Records
    trip_frames: NDArray[np.int64]
    alerts: Records
    alert_frames: NDArray[np.int64]
    days: Records = field(default_factory=lambda: np.zeros(0, DAY_POINT))
    day_parts: Records = field(default_factory=lambda: np.zeros(0, DAY))
    day_frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    loads: Records = field(default_factory=lambda: np.zeros(0, LOAD))
    load_frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    healths: Records = field(default_factory=lambda: np.zeros(0, HEALTH))
    health_frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class Twin:
    """Twin of all units of a variant. Its scratch is shared: one thread at a time."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.name = variant.name
        self.model_version = f"{code_version()}+{variant.parameter_hash & 0xFFFFFF:06x}"
        self._parameters = as_parameters(variant.parameters)
        self._work = np.zeros(1, WORK).view(np.recarray)
        self._clean_values = np.full((1, N_SIGNALS), np.nan)
        self._clean = self._clean_values.view(SAMPLE).reshape(1).view(np.recarray)
        self._outs = outputs.allocate()

    @property
    def work(self) -> Any:
        """WORK as the last second and sample left it; for explanations only."""
        return self._work[0]

    def new_rows(self) -> Rows:
        """An empty array of rows for units of this variant."""
        return Rows()

    def step(self, rows: Rows, frames: Records, times_us: NDArray[np.int64], samples: Records) -> Results:
        """Advance the rows by a batch of frames, in order.

        Parameters
        ----------
        rows: rows of this variant; changed in place.
        frames: (f,) FRAME.
        times_us: (n,) int64, event time of each sample, microseconds UTC. One that is ahead mutes its unit until then:
            whoever feeds a twin refuses it, as the codec does.
        samples: (n,) SAMPLE; not changed.

        The result does not depend on where the samples of a unit are cut into frames and batches.
        """
        values = as_values(samples)
        records, days, frames = in_words(rows.records), in_words(rows.days), frames.view(np.recarray)
        pieces: list[Results] = []
        self._outs.cursor[:] = 0
        while not advance(
            self._parameters,
            records,
            days,
            frames,
            read_only(times_us),
            values,
            self._clean,
            self._clean_values,
            self._work,
            self._outs,
        ):
            pieces.append(self._take())
        pieces.append(self._take())
        return _joined(pieces)

    def stops(
        self, rows: Rows, times_us: NDArray[np.int64], samples: Records, ends: NDArray[np.int64]
    ) -> Iterator[int]:
        """Advance the first unit of the rows up to and with sample ``ends[0]``, give control back, then to ``ends[1]``.

        As a frame up to each end would, bit for bit, for those who read its row at many ends: results are thrown away.

        ``times_us``: (n,) int64, ``samples``: (n,) SAMPLE, ``ends``: (m,) int64, growing. Yields 0 to m - 1.
        """
        values, times_us = as_values(samples), read_only(times_us)
        records, days, frames = in_words(rows.records), in_words(rows.days), empty_frames(1).view(np.recarray)
        frame, cursor = frames.view(np.ndarray)[0], self._outs.cursor
        frame["identity"] = 1
        start = 0
        for number, end in enumerate(ends.tolist()):
            frame["first"], frame["count"] = start, end + 1 - start
            cursor[:] = 0
            while not advance(
                self._parameters,
                records,
                days,
                frames,
                times_us,
                values,
                self._clean,
                self._clean_values,
                self._work,
                self._outs,
            ):
                cursor[:, : len(_COUNTS)] = 0
            start = end + 1
            yield number

    def tick(self, rows: Rows, time_us: int | NDArray[np.int64], which: NDArray[np.int64] | None = None) -> Results:
        """Put out what silent units keep back: the state of a minute after 2 min, a trip after 15 min of silence, a day
        6 h after its end.

        ``time_us``: what is now, for all or for each; a unit is silent from its last sample until then.
        ``which``: (n,) indices of the rows it concerns, None: all; the results come in their order.
        """
        if which is None:
            which = np.arange(len(rows), dtype=np.int64)
        times_us = np.array(np.broadcast_to(np.asarray(time_us, np.int64), len(which)))
        pieces: list[Results] = []
        self._outs.cursor[:] = 0
        records, days = in_words(rows.records), in_words(rows.days)
        while not tick(self._parameters, records, days, which, times_us, -1, self._outs):
            pieces.append(self._take())
        pieces.append(self._take())
        return _joined(pieces)

    def _take(self) -> Results:
        """Copy what the kernels have put out and make room."""
        out = self._outs[0]
        cursor = out.cursor
        states, trips, alerts, days, loads, healths = cursor[: len(_COUNTS)].tolist()
        taken = Results(
            _copied(out.states, states, STATE),
            out.state_frames[:states].copy(),
            _copied(out.trips, trips, TRIP),
            out.trip_frames[:trips].copy(),
            _copied(out.alerts, alerts, ALERT),
            out.alert_frames[:alerts].copy(),
            _copied(out.days, days, DAY_POINT),
            _copied(out.day_parts, days, DAY),
            out.day_frames[:days].copy(),
            _copied(out.loads, loads, LOAD),
            out.load_frames[:loads].copy(),
            _copied(out.healths, healths, HEALTH),
            out.health_frames[:healths].copy(),
        )
        cursor[: len(_COUNTS)] = 0
        return taken


_COUNTS = (outputs.STATES, outputs.TRIPS, outputs.ALERTS, outputs.DAYS, outputs.LOADS, outputs.HEALTHS)


def _copied(records: Records, count: int, dtype: np.dtype[Any]) -> Records:
    return records[:count].view(np.ndarray).view(dtype).copy()


def _joined(pieces: Sequence[Results]) -> Results:
    if len(pieces) == 1:
        return pieces[0]
    return Results(*(np.concatenate([getattr(piece, one.name) for piece in pieces]) for one in fields(Results)))


def empty_frames(count: int) -> Records:
    """(count,) FRAME of zeros without odometer: to be filled by the packer."""
    frames = np.zeros(count, FRAME)
    frames["odometer_km"] = np.nan
    return frames
