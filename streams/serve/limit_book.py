"""Limits of units as alerts that people take in hand: crossed by the unit's newest state, and what was said of them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from schemas.alerts import Alert
from schemas.api import AlertView
from schemas.daily import Acknowledge, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.limits import Story, names, step, taken
from streams.serve.attention import day_of, viewed
from streams.serve.reader import Row
from twin.layout import DAY_US


class LimitBook:
    """By unit and name. Written by one thread at a time, read by any."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._stories: dict[str, dict[str, Story]] = defaultdict(dict)
        self._crossed: dict[str, Row] = {}
        """Newest states in which something is crossed: they say what is, whoever said something before."""
        self._views: dict[str, dict[str, AlertView]] = {}
        self._seen_on = today()

    def say(self, said: Alert) -> bool:
        """Enter what the unit stage said; False when it was known."""
        return self._entered(said.unit, self._story(said.unit, said.alert).say(said))

    def take(self, told: FleetAlert) -> bool:
        """Enter what people said, as the fleet stage tells it; False when it was known."""
        return self._entered(told.subject, self._story(told.subject, told.diagnosis).take(told))

    def command(self, command: Acknowledge | Snooze) -> None:
        """Enter what people said; the fleet stage will tell the same step, if there is one."""
        if made := taken(command, ""):
            self.take(made)

    def cross(self, state: Row) -> None:
        """Enter a unit's newest state."""
        self._views.pop(state["unit"], None)
        if state["alerts"]:
            self._crossed[state["unit"]] = state
        else:
            self._crossed.pop(state["unit"], None)

    def opened(self, unit: str, name: str) -> Alert | None:
        """What was said when a limit was crossed, if it is so now."""
        story = self._stories.get(unit, {}).get(name)
        return story.crossed if story else None

    def steps(self, unit: str, name: str) -> list[FleetAlert]:
        """All steps of one limit that are kept."""
        story = self._stories.get(unit, {}).get(name)
        return story.steps() if story else []

    def view(self, unit: str, name: str) -> AlertView | None:
        """One limit as it is now; None when nobody knows that it was ever crossed."""
        return self._of(unit).get(name)

    def views(self, unit: str | None = None) -> list[AlertView]:
        """Those that are crossed, of all units; or all that ever were, of one."""
        if unit is not None:
            return list(self._of(unit).values())
        return [view for crossed in list(self._crossed) for view in self._of(crossed).values() if view.is_open]

    def _of(self, unit: str) -> dict[str, AlertView]:
        if self._seen_on != (today := self._today()):  # some woke up
            self._views, self._seen_on = {}, today
        known = self._views.get(unit)
        if known is None:
            stories, state = self._stories.get(unit, {}), self._crossed.get(unit)
            every = dict.fromkeys([*stories, *(names(state["alerts"]) if state else ())])
            made = ((name, self._made(unit, name, stories.get(name, Story()), state)) for name in every)
            known = self._views[unit] = {name: view for name, view in made if view}
        return known

    def _made(self, unit: str, name: str, story: Story, state: Row | None) -> AlertView | None:
        opened, is_open = story.opened, state is not None and name in names(state["alerts"])
        if opened is None and not is_open:
            return None
        until, today = day_of(story.quiet_until_day), self._today()
        how = FleetTransition.OPENED
        if not is_open:
            how = FleetTransition.RESOLVED
        elif story.acknowledged:
            how = FleetTransition.ACKNOWLEDGED
        elif today < until:
            how = FleetTransition.SNOOZED
        maker, time_us, model = _known(story.last or opened, state)
        last = step(maker, unit, name, how, time_us // DAY_US, opened, model_version=model)
        asleep = is_open and today < until
        in_hand = is_open and (story.acknowledged or asleep)
        return viewed(last, is_open=is_open, in_hand=in_hand, snoozed_until=until if asleep else None)

    def _story(self, unit: str, name: str) -> Story:
        return self._stories[unit].setdefault(name, Story())

    def _entered(self, unit: str, fresh: bool) -> bool:
        if fresh:
            self._views.pop(unit, None)
        return fresh


def _known(said: Alert | None, state: Row | None) -> tuple[str, int, str]:
    """Maker, time and model by what was said, or by the newest state."""
    if said:
        return said.maker, said.time_us, said.model_version
    return (state["maker"], state["time_us"], "") if state else ("", 0, "")
