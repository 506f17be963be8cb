"""The fleet as it is now, in memory: what the lists and a unit's page are answered from."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial

from schemas.api import Attention, Fleet, Limit, Twin, TwinSummary
from streams.limits import limit_of
from streams.serve import attention, twins
from streams.serve.alert_book import AlertBook, Command
from streams.serve.commands_log import FleetLog, Origin
from streams.serve.reader import Reader, Row

SERIES = ("edu_state", "edu_day", "edu_fleet", "edu_health")
Key = tuple[int, int, float, str]


@dataclass
class Unit:
    """What was read of one unit."""

    newest: dict[str, Row] = field(default_factory=dict)
    health: dict[str, Row] = field(default_factory=dict)
    registered: Origin | None = None


def _today() -> date:
    return datetime.now(UTC).date()


class FleetView:
    """Kept fresh by ``refresh`` from one thread; everything else reads and may be called from any."""

    def __init__(
        self, reader: Reader, log: FleetLog, today: Callable[[], date] = _today, grafana_url: str = ""
    ) -> None:
        self.reader, self.log, self.today, self.grafana_url = reader, log, today, grafana_url
        self.alerts = AlertBook(today)
        self.summaries: dict[str, TwinSummary] = {}
        self.order: list[tuple[Key, str]] = []
        """Units by what they ask for."""
        self._units: dict[str, Unit] = defaultdict(Unit)
        self._details: dict[str, Twin] = {}
        self._newest_us: dict[str, int] = defaultdict(int)
        """By maker: one may be behind the others, all of it."""
        self._judged_on = today()
        self._changed: set[str] = set()
        """Units of which something was entered that are not judged yet."""
        self._lock = threading.Lock()

    def refresh(self) -> set[str]:
        """Take what came since; units that changed. ReaderError and LogError: what was read before stays."""
        with self._lock:
            changed = self._changed  # of a look that ended with an error, too
            changed |= self._read_log()
            for series in SERIES:
                for row in self.reader.newest(series):
                    if self._enter(series, row):
                        changed.add(row["unit"])
            changed |= self.alerts.take(*self.reader.alerts()) & self._units.keys()
            self._changed = set()
            return self._judge(changed | self._moved_by_time())

    def say(self, command: Command) -> None:
        """Write a command to the log, and show at once what it asks. LogError when it is not taken."""
        self.log.say(command)
        with self._lock:
            self.alerts.said(command, for_good=False)
            limit = limit_of(command.alert_id)
            subject = limit[0] if limit else self.alerts.steps(command.alert_id)[-1].subject
            self._judge({subject} & self._units.keys())

    def twin(self, unit: str) -> Twin | None:
        """Everything about a unit; None when it is not known. ReaderError when its segments cannot be read."""
        summary = self.summaries.get(unit)
        if summary is None:
            return None
        known = self._details.get(unit)
        if known is None:
            own = self._units[unit]
            mine = [alert.alert_id for alert in self.alerts.views(unit)]
            spans, lives = self.reader.segments(unit), self.reader.lives(unit)
            newest, health = dict(own.newest), dict(own.health)  # a refresh may go on meanwhile
            crossed = self._crossed(unit, newest.get("edu_state"))
            known = twins.detail(summary, newest, health, crossed, own.registered, mine, spans, lives)
            self._details[unit] = known
            if self.summaries.get(unit) is not summary:  # and then this is out of date for the next who asks
                self._details.pop(unit, None)
        return known

    def days(self) -> Iterator[tuple[TwinSummary, Row]]:
        """Every unit that has a driving day, with its newest."""
        for unit, summary in list(self.summaries.items()):
            if day := self._units[unit].newest.get("edu_day"):
                yield summary, day

    def counts(self) -> Fleet:
        """The fleet in numbers."""
        by_variant: dict[str, Counter[Attention]] = defaultdict(Counter)
        for summary in list(self.summaries.values()):
            by_variant[summary.variant][summary.state] += 1
        whole: Counter[Attention] = sum(by_variant.values(), Counter())
        return Fleet(
            units=whole.total(),
            by_state={state: whole[state] for state in Attention},
            by_variant={
                name: {state: counts[state] for state in Attention if counts[state]}
                for name, counts in sorted(by_variant.items())
            },
            newest=attention.time_of(max(self._newest_us.values())) if self._newest_us else None,
            can_acknowledge=self.log.takes_commands,
            grafana_url=self.grafana_url,
        )

    def _read_log(self) -> set[str]:
        changed = set()
        for one in self.log.origins():
            if self._units[one.unit].registered != one:
                self._units[one.unit].registered = one
                changed.add(one.unit)
        for command in self.log.commands():
            self.alerts.said(command, for_good=True)
        return changed

    def _enter(self, series: str, row: Row) -> bool:
        own = self._units[row["unit"]]
        place, key = (own.health, row["component"]) if series == "edu_health" else (own.newest, series)
        before = place.get(key)
        if before is not None and (before["time_us"] > row["time_us"] or before == row):
            return False
        place[key] = row
        if series == "edu_state":
            self._newest_us[row["maker"]] = max(self._newest_us[row["maker"]], row["time_us"])
        return True

    def _moved_by_time(self) -> set[str]:
        """Units that ask for something else because time went on: they fell silent, or it is another day."""
        if (today := self.today()) != self._judged_on:
            self._judged_on = today
            return set(self.summaries)
        heard = ((unit, own.newest["edu_state"]) for unit, own in self._units.items() if "edu_state" in own.newest)
        fell = [unit for unit, state in heard if self._is_silent(state) and unit in self.summaries]
        return {unit for unit in fell if not any("Silent" in why.text for why in self.summaries[unit].reasons)}

    def _crossed(self, unit: str, state: Row | None) -> list[Limit]:
        known = None if state is None or self._is_silent(state) else state
        return attention.limits(known, partial(self.alerts.limits.opened, unit))

    def _is_silent(self, state: Row) -> bool:
        """Its maker's newest state is so much newer that this one says nothing of now."""
        return self._newest_us[state["maker"]] - int(state["time_us"]) > attention.SILENT_DAYS * attention.DAY_US

    def _judge(self, changed: Iterable[str]) -> set[str]:
        """Work out anew what these units ask for; those that have results."""
        seen = set()
        for unit in changed:
            own = self._units[unit]
            if own.newest:
                state = own.newest.get("edu_state")
                crossed = self._crossed(unit, state)
                self.alerts.limits.cross(unit, state if crossed else None)
                told = [alert for alert in self.alerts.views(unit) if alert.is_open]
                newest_us = self._newest_us[state["maker"]] if state else 0
                found = attention.judge(state, crossed, told, newest_us)
                self.summaries[unit] = twins.summary(unit, own.newest, own.health, own.registered, *found)
                self._details.pop(unit, None)
                seen.add(unit)
        if seen:
            self.order = sorted((_key(one), one.unit) for one in self.summaries.values())
        return seen


def _key(summary: TwinSummary) -> Key:
    """By urgency, then the most unusual first."""
    severity = summary.reasons[0].severity if summary.reasons else ""
    return (
        attention.ORDER[summary.state],
        attention.SEVERITY[severity],
        -(summary.unlike_peers or 0.0),
        summary.unit,
    )
