"""Alerts of both stages as they are now: told transitions, and what people said since that no stage has told."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from threading import RLock

from schemas.alerts import Alert
from schemas.api import AlertView
from schemas.daily import Acknowledge, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.alert_history import ENDS
from streams.limits import LIMIT, limit_of
from streams.serve.attention import day_of, viewed
from streams.serve.limit_book import LimitBook

Command = Acknowledge | Snooze
RANK = {"page": 0, "ticket": 1, "watch": 2}


def place(alert: AlertView) -> tuple[int, int, int, int, str]:
    """Where an alert stands in a list: open, in nobody's hand, urgent, new ones first."""
    return int(not alert.is_open), int(alert.in_hand), RANK[alert.severity], -alert.opened_day, alert.alert_id


class AlertBook:
    """Steps of every alert by its id. May be called from several threads."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self.limits = LimitBook(today)
        self._steps: dict[str, dict[str, FleetAlert]] = {}
        self._said: dict[str, list[tuple[Command, int]]] = {}
        self._of_subject: dict[str, list[str]] = defaultdict(list)
        self._views: dict[str, AlertView] = {}
        self._seen_on = today()
        self._lock = RLock()

    def take(self, told: Iterable[FleetAlert], said: Iterable[Alert] = ()) -> set[str]:
        """Enter transitions of the fleet stage and of the units' limits; subjects of alerts that changed."""
        changed = {alert.unit for alert in said if self.limits.say(alert)}
        for step in told:
            fresh = self.limits.take(step) if step.detector == LIMIT else self._take(step)
            changed |= {step.subject} if fresh else set()
        return changed

    def _take(self, step: FleetAlert) -> bool:
        with self._lock:
            if step.alert_id not in self._steps:
                self._steps[step.alert_id] = {}
                self._of_subject[step.subject].append(step.alert_id)
            own = self._steps[step.alert_id]
            fresh = own.get(step.id) != step
            if fresh:
                own[step.id] = step
                self._views.pop(step.alert_id, None)
            return fresh

    def said(self, command: Command, *, for_good: bool) -> None:
        """Enter a command. It counts until the fleet stage tells the next step, or where there is no stage for good."""
        if limit_of(command.alert_id):
            self.limits.command(command)
            return
        with self._lock:
            steps = -1 if for_good else len(self._steps.get(command.alert_id, ()))
            known = self._said.setdefault(command.alert_id, [])
            if (command, steps) not in known:
                known.append((command, steps))
                self._views.pop(command.alert_id, None)

    def steps(self, alert_id: str) -> list[FleetAlert]:
        """All transitions of one alert in their order; none when it is not known."""
        if limit := limit_of(alert_id):
            return self.limits.steps(*limit)
        return list(self._steps.get(alert_id, {}).values())

    def view(self, alert_id: str) -> AlertView | None:
        """One alert as it is now."""
        if limit := limit_of(alert_id):
            return self.limits.view(*limit)
        with self._lock:
            if self._seen_on != (today := self._today()):  # some woke up
                self._views, self._seen_on = {}, today
            known = self._views.get(alert_id)
            if known is None and (steps := self.steps(alert_id)):
                known = self._views[alert_id] = self._made(steps[-1], len(steps))
            return known

    def views(self, subject: str | None = None) -> list[AlertView]:
        """Alerts of one subject or all, without those in shadow, as ``place`` orders them; of limits those that are
        crossed, of one unit all that ever were.
        """
        ids = list(self._steps if subject is None else self._of_subject.get(subject, ()))
        seen = (view for alert_id in ids if (view := self.view(alert_id)) and not view.shadow)
        return sorted([*seen, *self.limits.views(subject)], key=place)

    def _made(self, last: FleetAlert, steps: int) -> AlertView:
        commands = [command for command, then in self._said.get(last.alert_id, ()) if then in (-1, steps)]
        until = max((command.until for command in commands if isinstance(command, Snooze)), default=None)
        if until is None and last.quiet_until_day is not None:
            until = day_of(last.quiet_until_day)
        asleep = self._today() < until if until else last.transition is FleetTransition.SNOOZED
        seen = last.transition is FleetTransition.ACKNOWLEDGED or any(isinstance(c, Acknowledge) for c in commands)
        is_open = last.transition not in ENDS
        return viewed(
            last, is_open=is_open, in_hand=is_open and (seen or asleep), snoozed_until=until if asleep else None
        )
