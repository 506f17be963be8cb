"""Limits of units as alerts that people take in hand: crossed by the unit's newest state, and what was said of them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from threading import RLock

from schemas.alerts import Alert
from schemas.api import AlertView
from schemas.daily import Acknowledge, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.limits import EPOCH, Story, alert_id, limit_of, names, taken
from streams.serve.attention import day_of, viewed
from streams.serve.reader import Row
from twin.layout import DAY_US


class LimitBook:
    """By unit and name. May be called from several threads."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._stories: dict[str, dict[str, Story]] = defaultdict(dict)
        self._crossed: dict[str, Row] = {}
        """Newest states in which something is crossed: they say what is, whoever said something before."""
        self._views: dict[str, dict[str, AlertView]] = {}
        self._seen_on = today()
        self._lock = RLock()

    def say(self, said: Alert) -> bool:
        """Enter what the unit stage said; False when it was known, or of no limit that is known here."""
        with self._lock:
            story = self._story(alert_id(said.unit, said.alert))
            return story is not None and self._entered(story, story.say(said))

    def take(self, told: FleetAlert) -> bool:
        """Enter what people said, as the fleet stage tells it; False as of ``say``."""
        with self._lock:
            story = self._story(told.alert_id)
            return story is not None and self._entered(story, story.take(told))

    def command(self, command: Acknowledge | Snooze) -> None:
        """Enter what people said; the fleet stage will tell the same step, if there is one."""
        if made := taken(command, ""):
            self.take(made)

    def cross(self, unit: str, state: Row | None) -> None:
        """Enter a unit's newest state; None: it is too old to speak for the unit."""
        with self._lock:
            if state and state["alerts"]:
                self._crossed[unit] = state
            else:
                self._crossed.pop(unit, None)
            self._views.pop(unit, None)

    def opened(self, unit: str, name: str) -> Alert | None:
        """What was said when a limit was crossed, if the unit has not come back since."""
        story = self._stories.get(unit, {}).get(name)
        return story.crossed if story else None

    def steps(self, unit: str, name: str) -> list[FleetAlert]:
        """All steps of one limit that are kept."""
        story = self._stories.get(unit, {}).get(name)
        return story.history() if story else []

    def view(self, unit: str, name: str) -> AlertView | None:
        """One limit as it is now; None when nobody knows that it was ever crossed."""
        return self._of(unit).get(name)

    def views(self, unit: str | None = None) -> list[AlertView]:
        """Those that are crossed, of all units; or all that ever were, of one."""
        if unit is not None:
            return list(self._of(unit).values())
        return [view for crossed in list(self._crossed) for view in self._of(crossed).values() if view.is_open]

    def _of(self, unit: str) -> dict[str, AlertView]:
        with self._lock:
            if self._seen_on != (today := self._today()):  # some woke up
                self._views, self._seen_on = {}, today
            known = self._views.get(unit)
            if known is None:
                own, state = self._stories.get(unit, {}), self._crossed.get(unit)
                open_now = names(state["alerts"]) if state else []
                made = {
                    name: self._made(own.get(name) or Story(unit, name), state if name in open_now else None)
                    for name in dict.fromkeys([*own, *open_now])
                }
                known = {name: view for name, view in made.items() if view}
                if known:
                    self._views[unit] = known
            return known

    def _made(self, story: Story, crossed: Row | None) -> AlertView | None:
        if crossed:
            maker, time_us = crossed["maker"], crossed["time_us"]
        elif story.opened:
            maker, time_us = story.opened.maker, story.opened.time_us
        else:
            return None
        is_open, today = crossed is not None, (self._today() - EPOCH).days
        now = story.now(today, is_open=is_open, maker=maker, day=time_us // DAY_US)
        until = now.quiet_until_day
        return viewed(
            now,
            is_open=is_open,
            in_hand=is_open and now.transition is not FleetTransition.OPENED,
            snoozed_until=None if until is None else day_of(until),
        )

    def _story(self, alert: str) -> Story | None:
        if (limit := limit_of(alert)) is None:
            return None
        unit, name = limit
        return self._stories[unit].setdefault(name, Story(unit, name))

    def _entered(self, story: Story, fresh: bool) -> bool:
        if fresh:
            self._views.pop(story.unit, None)
        return fresh
