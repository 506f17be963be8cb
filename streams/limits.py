"""Limits that units crossed, as alerts with a life: people take them in hand like what the fleet stage finds.

Opened and resolved by the unit stage; acknowledged and snoozed by the fleet stage, at the command's place in the log.
"""

from collections.abc import Iterable

from pydantic import TypeAdapter

from schemas.alerts import WATCHED, Alert, Transition
from schemas.fleet_alerts import FleetAlert, FleetTransition
from twin.layout import DAY_US

LIMIT = "limit"
"""Who found it, where no detector of the fleet stage did."""
_ALERTS = TypeAdapter(list[Alert])


def severity_of(name: str) -> str:
    """Severity of a unit alert by its name."""
    return "watch" if name in WATCHED else "ticket"


def alert_id(opened: Alert) -> str:
    """The same through the alert's life."""
    return f"{opened.unit}/{opened.alert}/{opened.time_us}"


def step(opened: Alert, transition: FleetTransition, day: int, quiet_until_day: int | None = None) -> FleetAlert:
    """A transition of the limit's alert; ``opened``: what the unit stage said when it was crossed."""
    name, opened_day = alert_id(opened), opened.time_us // DAY_US
    until = "" if quiet_until_day is None else f"/{quiet_until_day}"
    value, limit = opened.value or 0.0, opened.limit or 0.0
    unit = "" if opened.unit_of_value == "1" else f" {opened.unit_of_value}"
    evidence = [] if opened.value is None else [f"{value:.4g}{unit}, limit {limit:.4g}{unit}"]
    return FleetAlert(
        id=f"{name}/{transition}/{day}{until}",
        alert_id=name,
        maker=opened.maker,
        subject=opened.unit,
        is_cohort=False,
        transition=transition,
        day=day,
        opened_day=opened_day,
        severity=severity_of(opened.alert),
        detector=LIMIT,
        shadow=False,
        diagnosis=opened.alert,
        probability=None,
        evidence_for=evidence,
        evidence_against=[],
        check=opened.check,
        changes=[],
        statistic=value,
        limit=limit,
        window_from_day=opened_day,
        members=1,
        model_version=opened.model_version,
        rules_version="",
        quiet_until_day=quiet_until_day,
    )


class Limits:
    """Limits that are crossed now. What is entered again in the same order ends as it was, with the same steps."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Alert] = {}

    def take(self, said: Alert) -> list[FleetAlert]:
        """Enter what the unit stage said; the steps of life it makes."""
        key, day = (said.unit, said.alert), said.time_us // DAY_US
        known = self._open.get(key)
        if known and said.time_us <= known.time_us:
            return []
        # A state that was lost crosses its limits anew without having come back from them.
        ended = FleetTransition.RESOLVED if said.transition is Transition.RESOLVED else FleetTransition.EXPIRED
        told = [step(known, ended, day)] if known else []
        if said.transition is Transition.OPENED:
            self._open[key] = said
            told.append(step(said, FleetTransition.OPENED, day))
        else:
            self._open.pop(key, None)
        return told

    def crossed(self, unit: str, name: str) -> Alert | None:
        """What was said when a unit crossed a limit it has not come back from."""
        return self._open.get((unit, name))

    def find(self, alert: str) -> Alert | None:
        """The same by the id of its alert."""
        unit, _, rest = alert.rpartition("/")[0].rpartition("/")
        known = self._open.get((unit, rest))
        return known if known and alert_id(known) == alert else None

    def pack(self) -> bytes:
        """Those that are open, as JSON; the same said in the same order gives the same bytes."""
        return _ALERTS.dump_json(list(self._open.values()))

    def unpack(self, packed: bytes) -> None:
        """Become what ``pack`` gave."""
        self._open = {(alert.unit, alert.alert): alert for alert in _ALERTS.validate_json(packed)}


def with_limits(told: Iterable[FleetAlert], said: Iterable[Alert]) -> list[FleetAlert]:
    """Steps of both stages' alerts; of one alert in their order."""
    limits, order = Limits(), list(FleetTransition)
    steps = [one for alert in sorted(said, key=lambda one: (one.time_us, one.id)) for one in limits.take(alert)]
    return sorted([*told, *steps], key=lambda one: (one.day, order.index(one.transition)))
