"""What a unit asks of people and why, from its alerts, its limits and its newest state."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from schemas.alerts import ADVICE, Alert, UnitAlert
from schemas.api import AlertView, Attention, Limit, Reason
from schemas.fleet_alerts import Change, FleetAlert
from schemas.results import Validity
from streams.limits import LIMIT, alert_id, names, severity_of
from streams.serve.fields import LABELS, shown
from streams.serve.reader import Row

SILENT_DAYS = 7
"""A unit whose newest state is so much older than its maker's newest is one that nothing is known of."""
DAY_US = 86_400_000_000
UNKNOWN = {Validity.NO_DATA.name.lower(), Validity.WARMING_UP.name.lower(), Validity.FILTER_RESET.name.lower()}
ORDER = {state: place for place, state in enumerate(Attention)}
SEVERITY = {"page": 0, "ticket": 1, "watch": 2, "": 3}
URGENCY = {"page": Attention.ACT, "ticket": Attention.ACT, "watch": Attention.WATCH}
SIGNS = {"deg": "°", "degC": "°C", "ohm": "Ω"}
WORDS = LABELS | {"degC": "°C"}
"""What evidence is told in -> what people read."""
UNEXPLAINED = "unexplained"
"""Diagnosis where no known fault shifts these features together."""


def time_of(time_us: int) -> datetime:
    """The moment, to the millisecond."""
    return datetime.fromtimestamp(time_us // 1000 / 1000, UTC)


def day_of(day: int) -> date:
    """A UTC day by its number since 1970."""
    return datetime.fromtimestamp(day * 86_400, UTC).date()


def limits(state: Row | None, said: Callable[[str], Alert | None]) -> list[Limit]:
    """Limits that are crossed in the newest state; ``said``: by name what was said when each was crossed."""
    if state is None:
        return []
    found = []
    for name in names(state["alerts"]):
        unit, check = ADVICE[UnitAlert[name.upper()]]
        facts: dict[str, Any] = {"alert": name, "alert_id": alert_id(state["unit"], name), "unit": unit, "check": check}
        if opened := said(name):
            found.append(Limit(since=time_of(opened.time_us), value=opened.value, limit=opened.limit, **facts))
        else:
            found.append(Limit(since=time_of(state["time_us"]), value=None, limit=None, **facts))
    return found


def judge(
    state: Row | None, crossed: Sequence[Limit], alerts: Sequence[AlertView], newest_us: int
) -> tuple[Attention, list[Reason]]:
    """What the unit asks for, and why, the most urgent reason first. ``alerts``: its open ones; ``newest_us``: of all
    units of its maker.
    """
    found: list[tuple[Attention, Reason]] = []
    in_hand = {alert.alert_id for alert in alerts if alert.in_hand}
    for limit in crossed:
        words = limit.alert.replace("_", " ").capitalize()
        if limit.value is not None and limit.limit is not None:
            unit = "" if limit.unit == "1" else f" {SIGNS.get(limit.unit, limit.unit)}"
            words += f": {limit.value:.4g}{unit}, limit {limit.limit:.4g}{unit}"
        severity = severity_of(limit.alert)
        reason = Reason(text=words, check=limit.check, severity=severity, alert_id=limit.alert_id)
        found.append((Attention.IN_HAND if limit.alert_id in in_hand else URGENCY[severity], reason))
    for alert in alerts:
        if alert.detector != LIMIT:  # whether it is crossed the newest state says
            reason = Reason(text=story(alert), check=alert.check, severity=alert.severity, alert_id=alert.alert_id)
            found.append((Attention.IN_HAND if alert.in_hand else URGENCY[alert.severity], reason))
    validity = "no_data" if state is None else str(state["thermal_validity"])
    if state is not None and newest_us - state["time_us"] > SILENT_DAYS * DAY_US:
        found.append((Attention.NO_DATA, Reason(text=f"Silent since {time_of(state['time_us']):%d %b %Y}")))
    elif validity in UNKNOWN:
        found.append((Attention.NO_DATA, Reason(text=f"No temperatures: {validity.replace('_', ' ')}")))
    found.sort(key=lambda one: (ORDER[one[0]], SEVERITY[one[1].severity]))
    return (found[0][0], [reason for _, reason in found]) if found else (Attention.NORMAL, [])


def story(alert: AlertView) -> str:
    """Diagnosis, how sure it is, and what shows it most."""
    sure = (
        "" if alert.probability is None or alert.diagnosis == UNEXPLAINED else f" ({100.0 * alert.probability:.0f} %)"
    )
    words = alert.diagnosis.replace("_", " ").capitalize() + sure
    shows = change_words(alert.changes[0]) if alert.changes else next(iter(alert.evidence_for), "")
    return f"{words}: {shows}" if shows else words


def change_words(change: Change) -> str:
    """A change as people say it: a share in per cent, else with its unit."""
    try:
        unit = shown("edu_fleet", f"{change.feature}_change").unit
        label = shown("edu_day", change.feature).label
    except KeyError:
        unit, label = "", change.feature.replace("_", " ")
    size = (
        f"{100.0 * change.change:+.0f} %"
        if unit == "ratio"
        else f"{change.change:+.2g} {SIGNS.get(unit, unit)}".strip()
    )
    return f"{label} {size}".replace("-", "−")


def viewed(last: FleetAlert, **now: Any) -> AlertView:
    """An alert by its last step, with words for people; ``now``: what else holds of it."""
    named = " ".join([*last.evidence_for, *last.evidence_against, *(change.feature for change in last.changes)])
    labels = {field: label for field, label in WORDS.items() if field in named}
    return AlertView(**dict(last), shows=[change_words(change) for change in last.changes], labels=labels, **now)
