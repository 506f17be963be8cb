"""The one path from records to results: decode, order, pack, twin, sinks. One Pipeline per partition owns the rows.

Live, replay, demo and tests call ``process`` with any cut of the same records and get the same results, bit for bit.
Every record given is accounted for: ``counts`` and ``held`` add up to the number of records.

A tick acts at its place in the log. For a unit it is never later than "its last sample + the log time since nothing
came from it": a unit whose backlog of last week is still arriving is not silent, and its trips are not cut.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import structlog

from schemas.rejects import Reject
from streams.codec import Codec, Frame, Tick
from streams.fleet_log import encode
from streams.ledger import Ledger
from streams.order import HOLD_US, Ordered
from streams.outputs import add_results
from streams.records import Cut, Record, Snapshot
from streams.results import Output, Refused
from streams.silence import Silence, next_due_us
from streams.sinks import Sink
from streams.units import Fleet, Unit
from streams.waiting_log import WaitingLog
from twin.twin import Results, Twin

FOREVER_US = 1 << 62
DAY_US = 86_400_000_000
TICKED_AT_ONCE = 1_000
"""Units a tick acts on before their results leave: the days of all close on one tick, 30 kB each."""
log = structlog.get_logger()


class Pipeline:
    """Everything known of one partition's units. Bad input is counted and refused, never raised.

    ``counts``: records by outcome: accepted, duplicate, redelivered, late, rejected, tick, and ``rejected.REASON`` or
    ``late.REASON`` for each of those.
    """

    def __init__(
        self,
        partition: int,
        maker: str,
        twins: Mapping[str, Twin],
        sinks: Sequence[Sink],
        *,
        keep_log: bool = False,
    ) -> None:
        """``keep_log``: keep for the next cut what goes to the fleet's log; nothing but a cut empties it."""
        self.partition = partition
        self.counts: Counter[str] = Counter()
        self.units: dict[bytes, Unit] = {}
        self._codec = Codec(maker, twins)
        self._fleets = {variant: Fleet(maker, variant, twin) for variant, twin in twins.items()}
        self._sinks = sinks
        self._dirty: dict[bytes, Unit] = {}
        self._new_day: dict[bytes, Unit] = {}
        self._silence = Silence()
        self._ledger = Ledger(maker, partition)
        self._keep_log = keep_log
        self._log = WaitingLog()
        self._offset = -1
        self._begin()

    @property
    def held(self) -> int:
        """Frames that wait for their turn now."""
        return sum(unit.delivery.held for unit in self.units.values())

    @property
    def dirty(self) -> int:
        """Units changed since the last cut."""
        return len(self._dirty)

    def process(self, records: Sequence[Record]) -> None:
        """Take the next records of the partition's log and write their Output to every sink, in more than one piece
        where a tick brings forth much.
        """
        decode = self._codec.decode
        for record in records:
            item = decode(record)
            if isinstance(item, Frame):
                self._take(item)
            elif isinstance(item, Tick):
                self._tick(item)
            else:
                self._output.refused.append(Refused(record, item, False))
        if records:
            self._offset = max(self._offset, records[-1].offset)
        self._finish()

    def drain(self) -> None:
        """End of a finite input: take what waits and close minutes and trips, as a tick far in the future would."""
        for unit in self.units.values():
            first = len(self._output.frames)
            unit.delivery.release(self._ordered)
            self._assign(unit, first)
        self._step()
        for fleet in self._fleets.values():
            self._collect(fleet, fleet.twin.tick(fleet.rows, FOREVER_US), (), self._offset)
        self._output.daily += self._ledger.finish()
        self._dirty.update(self.units)
        self._finish()

    def cut(self) -> Cut:
        """Copies of all that has changed since the last cut; it counts as saved."""
        dirty, self._dirty = self._dirty, {}
        log, self._log = self._log, WaitingLog()
        return Cut(self._snapshots(dirty.values()), self._ledger.pack(), log)

    def _snapshots(self, units: Collection[Unit]) -> list[Snapshot]:
        found: list[Snapshot] = []
        for fleet in self._fleets.values():
            found += fleet.snapshots([unit for unit in units if unit.fleet is fleet])
        return found

    def restore(self, snapshots: Iterable[Snapshot], ledger: bytes = b"") -> None:
        """Take over units as they were at a cut. Units of variants that are not loaded stay as they are saved."""
        if ledger:
            self._ledger.unpack(ledger)
        unknown: Counter[str] = Counter()
        saved: dict[bytes, Snapshot] = {}
        for snapshot in snapshots:
            fleet = self._fleets.get(snapshot.variant)
            identity = self._codec.identities.check(snapshot.identity)
            if fleet is None or isinstance(identity, Reject):
                unknown[snapshot.variant] += 1
                continue
            unit = self.units.get(identity.key) or Unit(identity)
            unit.restore(snapshot, identity, fleet, self._codec.decode, self._output.refused)
            self.units[identity.key] = unit
            self._silence.heard(identity.key, unit.delivery.last_offset)
            saved[identity.key] = snapshot
        for fleet in self._fleets.values():
            units = {key: self.units[key] for key in saved if self.units[key].fleet is fleet}
            fleet.restore({unit.row: saved[key] for key, unit in units.items()})
        if unknown:
            log.warning("units of unknown variants not restored", partition=self.partition, variants=dict(unknown))

    def _begin(self) -> None:
        """A fresh output, into which order puts frames and refusals directly."""
        self._output = Output(self.partition)
        self._ordered = Ordered(self._output.frames, self._output.refused)

    def _finish(self) -> None:
        self._step()
        if self._new_day:
            self._output.snapshots += self._snapshots(self._new_day.values())
            self._new_day = {}
        self._count()
        if self._keep_log:
            self._log.put(record for item in self._output.daily for record in encode(item))
        for sink in self._sinks:
            sink.write(self._output)
        self._begin()

    def _count(self) -> None:
        counts = self.counts
        counts["accepted"] += len(self._output.frames)
        counts["duplicate"] += self._ordered.duplicates
        for refused in self._output.refused:
            kind = "late" if refused.late else "rejected"
            counts[kind] += 1
            counts[f"{kind}.{refused.reject.reason}"] += 1

    def _take(self, frame: Frame) -> None:
        """A frame goes to its unit's order; what may be taken now goes to the twins."""
        key = frame.identity.key
        unit = self.units.get(key)
        if unit is None:
            unit = self.units[key] = Unit(frame.identity)
        elif frame.record.offset <= unit.delivery.last_offset:
            self.counts["redelivered"] += 1
            return
        self._dirty[key] = unit
        self._silence.heard(key, frame.record.offset)
        first = len(self._output.frames)
        unit.delivery.offer(frame, self._ordered)
        self._assign(unit, first)

    def _assign(self, unit: Unit, first: int) -> None:
        """Put the unit's frames that order let through, from ``first`` on, into their variants' next step."""
        fleet = unit.fleet
        for frame in self._output.frames[first:]:
            if frame.identity is not unit.identity or fleet is None:
                fleet = self._identify(unit, frame)
            fleet.add(frame, unit.row)
            if frame.start_us // DAY_US != unit.day:
                unit.day = frame.start_us // DAY_US
                self._new_day[unit.identity.key] = unit

    def _identify(self, unit: Unit, frame: Frame) -> Fleet:
        """A frame's identity is new: another variant means a fresh row there, and the old one is closed for good."""
        fleet = self._fleets[frame.identity.identity.variant]
        old, old_row = unit.fleet, unit.row
        if fleet is not old:
            if old is not None:
                self._step()
                self._tick_rows(old, [(old_row, FOREVER_US)], frame.record.offset)
            unit.fleet, unit.row = fleet, fleet.new_row(unit.name)
            if old is not None:
                fleet.count_on(unit.row, old, old_row)
                old.free(old_row)
        unit.identity = frame.identity
        return fleet

    def _tick(self, tick: Tick) -> None:
        """Let log time pass for the units to which it matters and that have not seen this tick yet."""
        self.counts["tick"] += 1
        self._tick_units(tick.record.offset, tick.time_us)
        if self._ledger.due(tick.time_us):
            self._step()
            self._output.daily += self._ledger.tick(tick.time_us)

    def _tick_units(self, offset: int, time_us: int) -> None:
        keys = self._silence.reached(offset, time_us)
        for first in range(0, len(keys), TICKED_AT_ONCE):
            if first:
                self._finish()
            self._tick_some(keys[first : first + TICKED_AT_ONCE], offset, time_us)

    def _tick_some(self, keys: Sequence[bytes], offset: int, time_us: int) -> None:
        reached: list[tuple[bytes, Unit]] = []
        for key in keys:
            unit = self.units[key]
            if offset <= unit.delivery.last_offset:
                self._silence.heard(key, unit.delivery.last_offset)
            else:
                reached.append((key, unit))
        if not reached:
            return
        silent: list[tuple[Unit, int]] = []
        for key, unit in reached:
            delivery = unit.delivery
            first = len(self._output.frames)
            if delivery.tick(time_us, self._ordered):
                self._dirty[key] = unit
                self._assign(unit, first)
            silent_us = time_us - delivery.quiet_us
            if silent_us >= HOLD_US:
                silent.append((unit, min(time_us, delivery.last_end_us + silent_us)))
        self._step()
        for fleet in self._fleets.values():
            self._tick_rows(fleet, sorted((unit.row, now_us) for unit, now_us in silent if unit.fleet is fleet), offset)
        for key, unit in reached:
            due_us = next_due_us(unit.delivery, unit.last_sample_us, time_us)
            if due_us is not None:
                self._silence.wait(key, due_us)

    def _tick_rows(self, fleet: Fleet, rows: Sequence[tuple[int, int]], offset: int) -> None:
        """Tell rows, given with what is now for each, that time passes; ``offset``: of the record that says so."""
        if rows:
            which, times_us = np.array(rows, np.int64).T.copy()
            self._collect(fleet, fleet.twin.tick(fleet.rows, times_us, which), (), offset)

    def _step(self) -> None:
        """Run the twins over all frames taken since the last step."""
        for fleet in self._fleets.values():
            for frames, results in fleet.step():
                self._collect(fleet, results, frames, -1)

    def _collect(self, fleet: Fleet, results: Results, frames: Sequence[Frame], offset: int) -> None:
        """Results go to the output; a row that a tick has changed must be saved."""
        rows = add_results(self._output, fleet, results, frames, offset)
        self._ledger.count(results.days["day"].tolist())
        if not frames:
            for row in rows:
                unit = self.units[fleet.names[row].encode()]
                self._dirty[unit.identity.key] = unit
