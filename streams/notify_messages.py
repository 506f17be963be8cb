"""What people's tools are told of an alert: a CloudEvent for a webhook, labels and annotations for Alertmanager."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from pydantic import ValidationError

from schemas.alerts import Alert, Transition
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.limits import LIMIT, severity_of
from streams.records import Record

RANK = {"watch": 0, "ticket": 1, "page": 2}
UNIT_ALERT = "edu_twin.alert."
ENDS = (Transition.RESOLVED, FleetTransition.RESOLVED, FleetTransition.EXPIRED)
Payload = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One transition of one alert, from the alerts topic."""

    name: str  # the same through the alert's life
    severity: str
    ends: bool
    event: Payload  # CloudEvent, structured mode
    labels: dict[str, str]
    annotations: dict[str, str]
    time_us: int
    page: str = ""  # address of the unit or the alert on the page

    def for_alertmanager(self, now_s: float, ends_s: float) -> Payload:
        """One alert of the body of ``POST /api/v2/alerts``; times are seconds of the wall clock, which is its own."""
        began_s = min(self.time_us / 1e6, now_s)
        times = {"startsAt": _rfc3339(began_s), "endsAt": _rfc3339(ends_s)}
        link = {"generatorURL": self.page} if self.page else {}
        return {"labels": self.labels, "annotations": self.annotations, **times, **link}


def step_of(record: Record, page_url: str = "") -> Step | str:
    """What a record of the alerts topic tells, or why it is told to nobody. ``page_url``: of the page."""
    head = {name: value.decode() for name, value in record.headers if name.startswith("ce_")}
    of_unit = head.get("ce_type", "").startswith(UNIT_ALERT)
    try:
        alert = (Alert if of_unit else FleetAlert).model_validate_json(record.value or b"")
    except ValidationError as error:
        return f"no alert: {error.errors()[0]['msg']}"
    if isinstance(alert, FleetAlert) and alert.shadow:
        return "in shadow"
    if isinstance(alert, FleetAlert) and alert.detector == LIMIT:
        return "what people said of a limit: page and API go by it, tools are told of each crossing"
    event = {name.removeprefix("ce_"): value for name, value in head.items()}
    event |= {"datacontenttype": "application/json", "data": orjson.loads(record.value or b"")}
    page = _page(alert, page_url) if page_url else ""
    if page:
        event["pageurl"] = page  # an extension: names of attributes are lower case without marks
    return replace(_of_unit(alert, event) if isinstance(alert, Alert) else _of_fleet(alert, event), page=page)


def _page(alert: Alert | FleetAlert, base: str) -> str:
    """The unit's page, where its alerts stand at the top; of a cohort the alert's."""
    if isinstance(alert, FleetAlert) and alert.is_cohort:
        return f"{base.rstrip('/')}/alerts/{quote(alert.alert_id)}"
    return f"{base.rstrip('/')}/units/{quote(alert.unit if isinstance(alert, Alert) else alert.subject)}"


def _of_unit(alert: Alert, event: Payload) -> Step:
    severity = severity_of(alert.alert)
    labels = {"alertname": alert.alert, "maker": alert.maker, "unit": alert.unit, "severity": severity}
    value = "" if alert.value is None else f"{alert.value:.4g} {alert.unit_of_value}, limit {alert.limit}"
    notes = {"summary": f"{alert.unit}: {alert.alert} {value}".strip(), "check": alert.check}
    name = f"{alert.unit}/{alert.alert}"
    return Step(name, severity, alert.transition in ENDS, event, labels, notes, alert.time_us)


def _of_fleet(alert: FleetAlert, event: Payload) -> Step:
    subject = {"cohort" if alert.is_cohort else "unit": alert.subject}
    labels = {"alertname": "edu_fleet", "maker": alert.maker, **subject, "severity": alert.severity}
    labels["alert_id"] = alert.alert_id
    notes = {
        "summary": f"{alert.subject}: {alert.diagnosis} ({alert.severity}, {alert.detector})",
        "state": alert.transition.value,
        "check": alert.check,
        "evidence": "; ".join(alert.evidence_for),
    }
    ends = alert.transition in ENDS
    return Step(alert.alert_id, alert.severity, ends, event, labels, notes, alert.time_us)


class Book:
    """The alerts that are open now. Alertmanager forgets what it is not told again, and at every restart."""

    def __init__(self) -> None:
        self.open: dict[str, Step] = {}

    def take(self, step: Step) -> list[Step]:
        """Enter a step; the steps whose labels are over with it: the alert's end, or another severity."""
        before = self.open.pop(step.name, None)
        if step.ends:
            return [before or step]
        self.open[step.name] = step
        return [before] if before and before.labels != step.labels else []


def _rfc3339(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
