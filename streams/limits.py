"""Limits of units as alerts that people take in hand: one for each unit and limit, however often it is crossed.

The unit stage says when a limit is crossed and when the unit came back from it; the fleet stage tells what people said
of it, at its place in the log. Ids need nothing but the unit and the limit: no loss of history changes them.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from schemas.alerts import ADVICE, WATCHED, Alert, Transition, UnitAlert
from schemas.daily import Acknowledge, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.fleet_heard import MOST_DAY
from twin.layout import DAY_US

LIMIT = "limit"
"""Who found it, where no detector of the fleet stage did."""
HOLDS_DAYS = 7
"""To acknowledge a limit holds for crossings up to so long afterwards: one that flaps is not a new alert each time."""
MOST_STEPS = 20
"""Of one limit, of the unit stage and of people each, the newest."""
T = TypeVar("T", Alert, FleetAlert)
EPOCH = date(1970, 1, 1)
_CHECK = {str(bit.name).lower(): check for bit, (_, check) in ADVICE.items()}
_STEP = {Transition.OPENED: FleetTransition.OPENED, Transition.RESOLVED: FleetTransition.RESOLVED}


def severity_of(name: str) -> str:
    """Severity of a unit alert by its name."""
    return "watch" if name in WATCHED else "ticket"


def names(bits: int) -> list[str]:
    """Names of the alerts in ``edu_state.alerts``."""
    return [str(bit.name).lower() for bit in UnitAlert(bits)]


def alert_id(unit: str, name: str) -> str:
    """Id of a limit's alert."""
    return f"{unit}/{name}"


def limit_of(alert: str) -> tuple[str, str] | None:
    """Unit and name of the limit an id is of; None: of none. Ids of the fleet stage end with a day."""
    unit, _, name = alert.rpartition("/")
    return (unit, name) if unit and name in _CHECK else None


def told(said: Alert) -> FleetAlert:
    """What the unit stage said, as a step in the life of the limit's alert."""
    day = said.time_us // DAY_US
    how = _STEP[said.transition]
    made = step(said.maker, said.unit, said.alert, how, day, said, model_version=said.model_version)
    return made.model_copy(update={"id": said.id})


def step(
    maker: str,
    unit: str,
    name: str,
    transition: FleetTransition,
    day: int,
    opened: Alert | None = None,
    *,
    model_version: str,
    quiet_until_day: int | None = None,
) -> FleetAlert:
    """A step; ``opened``: what the unit stage said when the limit was crossed, if that is known."""
    value, limit, unit_of_value = (opened.value, opened.limit, opened.unit_of_value) if opened else (None, None, "1")
    sign = "" if unit_of_value == "1" else f" {unit_of_value}"
    begun = opened.time_us // DAY_US if opened else day
    until = "" if quiet_until_day is None else f"/{quiet_until_day}"
    return FleetAlert(
        id=f"{alert_id(unit, name)}/{transition}/{day}{until}",
        alert_id=alert_id(unit, name),
        maker=maker,
        subject=unit,
        is_cohort=False,
        transition=transition,
        day=day,
        opened_day=begun,
        severity=severity_of(name),
        detector=LIMIT,
        shadow=False,
        diagnosis=name,
        probability=None,
        evidence_for=[] if value is None or limit is None else [f"{value:.4g}{sign}, limit {limit:.4g}{sign}"],
        evidence_against=[],
        check=_CHECK[name],
        changes=[],
        statistic=value or 0.0,
        limit=limit or 0.0,
        window_from_day=begun,
        members=1,
        model_version=model_version,
        rules_version="",
        quiet_until_day=quiet_until_day,
    )


def taken(command: Acknowledge | Snooze, model_version: str) -> FleetAlert | None:
    """The step that a command makes in the life of a limit's alert; None: it is of no limit or calendar, or over."""
    limit, day = limit_of(command.alert_id), command.time_us // DAY_US
    if limit is None or day >= MOST_DAY:
        return None
    if isinstance(command, Acknowledge):
        return step(command.maker, *limit, FleetTransition.ACKNOWLEDGED, day, model_version=model_version)
    until = (command.until - EPOCH).days
    made = step(command.maker, *limit, FleetTransition.SNOOZED, day, model_version=model_version, quiet_until_day=until)
    return made if until > day else None


class Story:
    """What was said of one limit of one unit, by the unit stage and by people."""

    def __init__(self, unit: str, name: str) -> None:
        self.unit, self.name = unit, name
        self._said: tuple[Alert, ...] = ()
        self._taken: tuple[FleetAlert, ...] = ()

    def say(self, said: Alert) -> bool:
        """Enter what the unit stage said; False when it was known, or is older than all that is kept."""
        kept = _with(self._said, said, lambda one: (one.time_us, one.id))
        self._said, before = kept, self._said
        return kept != before

    def take(self, taken: FleetAlert) -> bool:
        """Enter what people said, as a step; False when it was known, or is older than all that is kept."""
        kept = _with(self._taken, taken, lambda one: (one.day, one.id))
        self._taken, before = kept, self._taken
        return kept != before

    @property
    def crossed(self) -> Alert | None:
        """What was said when the limit was crossed, if the unit has not said since that it came back."""
        last = self._said[-1] if self._said else None
        return last if last and last.transition is Transition.OPENED else None

    @property
    def opened(self) -> Alert | None:
        """What was said when the limit was crossed last."""
        return next((one for one in reversed(self._said) if one.transition is Transition.OPENED), None)

    def held(self, today: int, since: int) -> FleetAlert | None:
        """What people said last that holds on a UTC day for a crossing since another."""
        acts = [one for one in self._taken if one.quiet_until_day is None and one.day + HOLDS_DAYS >= since]
        naps = [one for one in self._taken if one.quiet_until_day is not None][-1:]
        asleep = [one for one in naps if (one.quiet_until_day or 0) > today]
        return max([*acts, *asleep], key=lambda one: (one.day, one.quiet_until_day or 0), default=None)

    def history(self) -> list[FleetAlert]:
        """All steps that are kept by time; what people said of a day stands at its end."""
        steps = [(one.time_us, told(one)) for one in self._said] + [(one.time_us, one) for one in self._taken]
        return [one for _, one in sorted(steps, key=lambda pair: pair[0])]

    def now(self, today: int, *, is_open: bool, maker: str, day: int) -> FleetAlert:
        """The step that says how it is; ``day``: of the newest state, since when it is crossed if nobody said so."""
        opened = self.crossed if is_open else self.opened
        how, until, since = FleetTransition.RESOLVED, None, opened.time_us // DAY_US if opened else day
        if is_open:
            how, day = FleetTransition.OPENED, since
            if held := self.held(today, since):
                how, until, day = held.transition, held.quiet_until_day, held.day
        elif self._said:
            day = self._said[-1].time_us // DAY_US
        model = opened.model_version if opened else ""
        return step(maker, self.unit, self.name, how, day, opened, model_version=model, quiet_until_day=until)


def stories(said: Iterable[Alert], told: Iterable[FleetAlert], today: int) -> list[FleetAlert]:
    """Steps of the limits' alerts, the last of each as it is on a UTC day by what was said. ``told``: by the fleet
    stage, of which those of limits count.
    """
    by_id: dict[str, Story] = {}

    def story_of(alert: str) -> Story | None:
        limit = limit_of(alert)
        return by_id.setdefault(alert, Story(*limit)) if limit else None

    for alert in said:
        if story := story_of(alert_id(alert.unit, alert.alert)):
            story.say(alert)
    for one in told:
        if one.detector == LIMIT and (story := story_of(one.alert_id)):
            story.take(one)
    found = []
    for story in by_id.values():
        history = story.history()
        now = story.now(today, is_open=story.crossed is not None, maker=history[0].maker, day=history[-1].day)
        same = [at for at, one in enumerate(history) if (one.transition, one.day) == (now.transition, now.day)]
        found += [*(one for at, one in enumerate(history) if at not in same[-1:]), now]
    return found


def _with(kept: tuple[T, ...], new: T, place: Callable[[T], tuple[int, str]]) -> tuple[T, ...]:
    """The newest of both, each id once."""
    if any(one.id == new.id for one in kept):
        return kept
    return tuple(sorted(kept + (new,), key=place)[-MOST_STEPS:])  # noqa: RUF005  # its type is known so
