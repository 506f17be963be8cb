"""The one path of a maker's fleet: records of its log, in order -> closed days -> alerts and points -> sinks.

Live, demo and tests call ``process`` with any cut of the same records and get the same alerts. Registrations, service
events and commands act at their place in the log. A day closes at the record that is the last partition's marker of it;
what comes for it later changes the unit and the next day's peers, never a closed day.
"""

import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple, cast

import numpy as np
import structlog
from pydantic import BaseModel

import twin.fleet.state
from schemas.alerts import Alert, Transition, UnitAlert
from schemas.daily import MOST_KM, Acknowledge, DayMarker, DayPart, Part, Registration, ServiceEvent, Snooze, Sums
from schemas.fleet_alerts import FleetAlert
from schemas.rejects import Reason, Reject
from schemas.results import EduCohort, EduDay, EduFleet, EduLife
from streams.fleet_days import OpenDays
from streams.fleet_heard import MOST_DAY, Came, Heard
from streams.fleet_log import decode
from streams.limits import limit_of, taken
from streams.records import LogRecord, Message, Record
from streams.results import Output, Points, Refused
from streams.sinks import Sink
from twin.fleet import climate, silence
from twin.fleet.ages import FEATURE_OF, Replaced, fitted, show, told, use
from twin.fleet.cohort_day import cohorts
from twin.fleet.days import Day
from twin.fleet.designs import Designs
from twin.fleet.features import Floats
from twin.fleet.fleet_day import FleetDay
from twin.fleet.peers import KEPT_DAYS
from twin.fleet.remaining import Remaining, due
from twin.fleet.rules import FleetRules
from twin.fleet.standing import standing
from twin.fleet.units import UNKNOWN
from twin.fleet.use import air_c
from twin.layout import DAY_US
from twin.twin import code_version

EPOCH = date(1970, 1, 1)
NO_SIGNS = tuple(
    str(alert.name).lower()
    for alert in (UnitAlert.VARIANT_MISMATCH, UnitAlert.SIGNAL_IMPLAUSIBLE, UnitAlert.SENSOR_STUCK)
)
"""Unit alerts that speak of the unit's papers or of its telemetry, which a gateway spoils for a whole firmware."""
log = structlog.get_logger()


class FleetCut(NamedTuple):
    """What is remembered of a fleet at a moment between two records; the same records give the same bytes."""

    closed: bytes
    """``twin.fleet.state``, after the last closed day."""
    waiting: bytes
    """What waits for the next one."""
    told: list[FleetAlert]
    """Alerts since the last cut."""


class FleetPipeline:
    """Everything known of one maker's fleet. Bad input is counted and refused, never raised.

    ``counts``: records by what they were: part, late, outdated (a part too late to be judged), duplicate (a part that
    came before), marker, registration, service_event, unit_alert, command, rejected; and ``missing``: parts that were
    promised and never came.
    """

    def __init__(
        self, maker: str, partitions: int, rules: FleetRules, sinks: Sequence[Sink], designs: Designs | None = None
    ) -> None:
        """``partitions``: of the telemetry topic, whose markers are waited for; ``designs``: of variants, by default of
        those that ship.
        """
        self.maker = maker
        self.rules = rules
        self.counts: Counter[str] = Counter()
        self._told: list[FleetAlert] = []
        self.model_version = f"{code_version()}+fleet.{rules.version}"
        self.state = twin.fleet.state.new(maker, self.model_version, rules)
        self._heard = Heard()
        self._days = OpenDays(partitions)
        self._stage = FleetDay(rules)
        self._remaining = Remaining(designs or Designs())
        self._sinks = sinks
        self._output = Output(0)
        self._offset = -1

    def process(self, records: Sequence[Record]) -> None:
        """Take the next records of the log and write one Output to every sink."""
        for record in records:
            self._offset = record.offset
            item = decode(record)
            why = item if isinstance(item, str) else self._take(item)
            if why:
                self.counts["rejected"] += 1
                self._output.refused.append(Refused(record, Reject(Reason.MALFORMED, why), False))
        self._finish()

    def drain(self) -> None:
        """End of a finite input: close every day that has parts."""
        newest = self._days.newest()
        if newest is not None:
            self._close_up_to(newest)
        self._finish()

    def cut(self) -> FleetCut:
        """What must be made durable between two records; its alerts count as told."""
        told, self._told = self._told, []
        file = io.BytesIO()
        days = np.frombuffer(self._days.pack(), np.uint8)
        np.savez(file, allow_pickle=False, days=days, **self._heard.arrays())
        return FleetCut(self.state.save(), file.getvalue(), told)

    def restore(self, closed: bytes, waiting: bytes) -> None:
        """Become what a cut has the bytes of. ValueError when another layout or number of partitions did."""
        self.state = twin.fleet.state.restore(closed, self.maker, self.model_version, self.rules)
        with np.load(io.BytesIO(waiting), allow_pickle=False) as parts:
            self._heard.restore(parts["heard"], parts.get("came"), parts.get("until"))
            self._days.unpack(parts["days"].tobytes())

    def _take(self, item: BaseModel) -> str:
        """One record of the log; why it is refused, or nothing."""
        maker = item.point.maker if isinstance(item, DayPart) else getattr(item, "maker", "")
        if maker != self.maker:
            return f"maker {maker!r} in the log of {self.maker}"
        if isinstance(item, DayPart):
            return self._part(item)
        if isinstance(item, DayMarker):
            return self._marker(item)
        if isinstance(item, Registration):
            self._register(item)
        elif isinstance(item, ServiceEvent):
            self._service(item)
        elif isinstance(item, Alert):
            self.counts["unit_alert"] += 1
            if item.transition is Transition.OPENED and item.alert not in NO_SIGNS:
                self._sign(item.unit, item.time_us // DAY_US)
        elif isinstance(item, Acknowledge | Snooze):
            return self._command(item)
        return ""

    def _part(self, item: DayPart) -> str:
        point, closed = item.point, self.state.day
        wear = item.sums.get("wear", [])
        if why := _unusable(point, wear):
            return why
        self.state.units.register(point.unit, variant=point.variant)
        at = self.state.units.place[point.unit]
        self._know(len(self.state.units.names))
        came = self._came(at, point)
        if point.day <= closed - KEPT_DAYS:
            self.counts["outdated"] += 1
        elif came is not Came.FRESH:
            self.counts["duplicate"] += 1
            if came is Came.OTHER:
                log.warning("another part of a day has the number of this one", unit=point.unit, day=point.day)
        else:
            self.counts["late" if point.day <= closed else "part"] += 1
            self._days.add(point, cast(list[float], wear))
        return ""

    def _came(self, at: int, point: EduDay) -> Came:
        """Whether a part is new. One far beyond all markers always is, and takes the place of none that is due."""
        newest = self._days.newest_over()
        if newest is not None and point.day > newest + KEPT_DAYS:
            return Came.FRESH
        return self._heard.part(at, point.day, point.part, (point.start_us, point.end_us))

    def _marker(self, item: DayMarker) -> str:
        try:
            self._days.mark(item)
        except IndexError:
            return f"marker of partition {item.partition}: set EDU_TWIN_PARTITIONS to the telemetry topic's number"
        self.counts["marker"] += 1
        over = self._days.over()
        if over is not None and over > self.state.day:
            self._close_up_to(over)
        return ""

    def _register(self, item: Registration) -> None:
        self.counts["registration"] += 1
        facts = {"plant": item.plant, "batch": item.batch or UNKNOWN, "hardware": item.hardware or UNKNOWN}
        self.state.units.register(
            item.unit, variant=item.variant, mounting=item.mounting.value, vehicle=item.vehicle, **facts
        )
        self._know(len(self.state.units.names))
        fitted(self.state.ages.rows[self.state.units.place[item.unit]], item.fitted_at_km)

    def _service(self, item: ServiceEvent) -> None:
        self.counts["service_event"] += 1
        day = item.time_us // DAY_US
        if item.failed:
            self._sign(item.unit, day)
        if item.part is Part.SOFTWARE:  # telemetry says so, too: the unit stage begins a segment
            if item.version:
                self.state.units.register(item.unit, firmware=item.version)
        elif item.action != "inspected":
            self._days.work(item.unit, day)
        at = self.state.units.places([item.unit])[0]
        self._know(len(self.state.units.names))
        part = item.part.value if item.action == "replaced" else None
        if part or item.odometer_km is not None:
            self._days.replace(Replaced(item.unit, day, part, item.failed, item.odometer_km))
        if item.part is Part.UNIT and item.action == "replaced":
            self._heard.gone(at)

    def _sign(self, unit: str, day: int) -> None:
        """A sign of failure; one from before the unit's last was told then."""
        at = self.state.units.place.get(unit)
        if at is None or day > self.state.units.rows["sign_day"][at]:
            self._days.sign(unit, day)

    def _command(self, item: Acknowledge | Snooze) -> str:
        if (day := item.time_us // DAY_US) >= MOST_DAY:
            return f"command: day {day} is in no calendar"
        self.counts["command"] += 1
        life, today = self.state.life, self.state.day
        if limit_of(item.alert_id):  # the unit stage knows whether it is crossed: here only what people said is told
            step = taken(item, self.model_version)
            self._tell([step] if step else [])
        elif isinstance(item, Acknowledge):
            self._tell(life.acknowledge(item.alert_id, today))
        else:
            self._tell(life.snooze(item.alert_id, (item.until - EPOCH).days, today))
        return ""

    def _close_up_to(self, last: int) -> None:
        for day in self._days.due(self.state.day, last):
            self._close(day)

    def _close(self, day: int) -> None:
        before, units = self.state.day, self.state.units
        if lost := self._days.missing(day):
            self.counts["missing"] += lost
            log.error("parts of a day never came", day=day, parts=lost)
        whole, late = self._days.take(day, lambda names: units.rows["segment"][units.places(names)])
        drove = self._age(day)
        used = self._days.use(day)
        climate.follow(units, units.places(list(used)), air_c(used), day, self.rules.baselines)
        alerts = self._stage.step(self.state, whole, late)
        self._know(len(units.names))
        self._tell(alerts + silence.watch(self.state, self._heard.newest, before, self.rules))
        self._output.points += self._standing(whole.units)
        self._output.points += self._cohorts(whole, used)
        self._show(whole)
        self._output.points += self._lives(drove)
        log.debug("day closed", day=day, units=len(whole.units), late=sum(len(one.units) for one in late))

    def _standing(self, names: list[str]) -> Iterator[Points]:
        """Points of the day's units, variant by variant."""
        units = self.state.units
        index = units.places(names)
        points = standing(self.state, index, self.rules.peers.settled_days)
        variant = units.rows["variant"][index]
        for number in np.unique(variant):
            own = np.flatnonzero(variant == number)
            offsets = np.full(len(own), self._offset, dtype=np.int64)
            words = ("edu_fleet", EduFleet, self.maker, units.words["variant"][number], self.model_version)
            yield Points(*words, [names[k] for k in own], points[own], offsets)

    def _cohorts(self, whole: Day, used: dict[str, Floats]) -> Iterator[Points]:
        """Points of what the day's units have in common, variant by variant."""
        for variant, names, points in cohorts(self.state, whole, used):
            offsets = np.full(len(names), self._offset, dtype=np.int64)
            yield Points("edu_cohort", EduCohort, self.maker, variant, self.model_version, names, points, offsets)

    def _age(self, day: int) -> list[str]:
        """What the log says of parts before the day, and what days up to it used; the units that drove on it."""
        units, ages, drove = self.state.units, self.state.ages, list[str]()
        for one in self._days.replaced_before(day):
            at = units.place[one.unit]
            self.state.former += told(ages.rows[at], one, units.word("variant", at))
        for of, names, used in self._days.used(day):
            index = units.places(names)
            rows = ages.rows[index]
            use(rows, of, used)
            ages.rows[index] = rows
            drove = names if of == day else []
        return drove

    def _show(self, whole: Day) -> None:
        """What the day says of indicators."""
        index = self.state.units.places(whole.units)
        rows = self.state.ages.rows[index]
        show(rows, np.where(whole.valid, whole.value, np.nan)[:, FEATURE_OF], whole.segment)
        self.state.ages.rows[index] = rows

    def _lives(self, drove: list[str]) -> Iterator[Points]:
        """Points of what of the day's units goes on how long."""
        units = self.state.units
        index = units.places([drove[at] for at in due(drove, len(units.names), self.state.day)])
        for variant, points in self._remaining.points(self.state, index):
            offsets = np.full(len(points), self._offset, dtype=np.int64)
            names = [units.names[at] for at in points["row"]]
            yield Points("edu_life", EduLife, self.maker, variant, self.model_version, names, points, offsets)

    def _know(self, count: int) -> None:
        """Room for units that came."""
        self.state.ages.grow(count)
        self._heard.grow(count)

    def _tell(self, alerts: Iterable[FleetAlert]) -> None:
        alerts = list(alerts)
        self._told += alerts
        self._output.fleet_alerts += alerts

    def _finish(self) -> None:
        for sink in self._sinks:
            sink.write(self._output)
        self._output = Output(0)


def _unusable(point: EduDay, wear: Sums) -> str:
    """Why a part cannot be added up, or nothing."""
    if not 0 <= point.day < MOST_DAY:
        return f"day part: day {point.day} is in no calendar"
    for name in ("distance_km", "driving_s"):
        if not 0.0 <= (value := getattr(point, name)) <= MOST_KM:
            return f"day part: {name} is {value}, must be 0 to {MOST_KM:g}"
    if not isinstance(wear, list) or not all(isinstance(one, float) and 0.0 <= one < math.inf for one in wear):
        return "day part: sums.wear must be a list of finite numbers, none negative"
    return ""


def as_log(records: Iterable[LogRecord]) -> Iterator[Message]:
    """What Pipelines tell the fleet's log, as the broker would keep it, for a stage without one."""
    for offset, (key, value, headers) in enumerate(records):
        yield Message(key, value, headers, 0, offset)
