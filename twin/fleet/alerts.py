"""The life of an alert: opened, updated, acknowledged, snoozed, resolved or expired; one alert a cause.

A unit or cohort has at most one open alert (and one in shadow); whatever else it shows updates that. Transitions are
functions of the log alone, ids of subject and days, so a replay tells the same story.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from schemas.fleet_alerts import Change, FleetAlert, FleetTransition
from twin.fleet.diagnosis import Diagnosis
from twin.fleet.rules import ORDER, SEVERITY, Detector, FleetRules

SURE = 0.6
"""Probability at which another diagnosis is worth telling."""
PATIENCE_DAYS = 3
"""Between updates that are not an escalation."""


class Finding(NamedTuple):
    """What a detector says of one subject on one day."""

    subject: str
    is_cohort: bool
    detector: Detector
    size: float  # of the main change, in effect-size gates
    statistic: float
    limit: float
    diagnosis: Diagnosis
    changes: tuple[Change, ...]
    window_from_day: int
    members: int


@dataclass
class Open:
    """An alert that has not ended."""

    subject: str
    shadow: bool
    is_cohort: bool
    opened_day: int
    detector: str
    size: float
    fault: str
    updated_day: int
    seen_day: int  # last valid day
    calm_days: int = 0
    acknowledged: bool = False
    snoozed_until: int = -1
    snoozes: int = 0
    features: list[str] = field(default_factory=list)  # that changed: a cohort's units are not told of them again
    last: dict[str, Any] = field(default_factory=dict)  # the alert as last told

    @property
    def alert_id(self) -> str:
        """The same through the alert's life."""
        return f"{self.subject}/{self.opened_day}" + ("/shadow" if self.shadow else "")


class Life:
    """All open alerts, and when subjects had their last one ended."""

    def __init__(self, maker: str, model_version: str, rules: FleetRules) -> None:
        self.maker, self.model_version, self.rules = maker, model_version, rules
        self.open: dict[tuple[str, bool], Open] = {}
        self.ended: dict[tuple[str, bool], int] = {}

    def take(self, finding: Finding, day: int) -> list[FleetAlert]:
        """Open the subject's alert or update it."""
        shadow = finding.detector in self.rules.shadow
        key = (finding.subject, shadow)
        alert = self.open.get(key)
        if alert is None:
            rested = day - self.ended.get(key, -1_000_000) >= self.rules.life.rest_days
            if not rested and SEVERITY[finding.detector] != "page":
                return []
            alert = Open(
                *(finding.subject, shadow, finding.is_cohort, day, finding.detector.value, finding.size),
                *(finding.diagnosis.fault, day, day),
            )
            alert.features = [change.feature for change in finding.changes]
            self.open[key] = alert
            return [self._tell(alert, FleetTransition.OPENED, day, finding)]
        alert.calm_days, alert.seen_day = 0, day
        alert.features += [c.feature for c in finding.changes if c.feature not in alert.features]
        if not self._worth_telling(alert, finding, day):
            return []
        if ORDER[SEVERITY[finding.detector]] >= ORDER[SEVERITY[Detector(alert.detector)]]:
            alert.detector = finding.detector.value
        alert.size, alert.fault, alert.updated_day = finding.size, finding.diagnosis.fault, day
        return [self._tell(alert, FleetTransition.UPDATED, day, finding)]

    def _worth_telling(self, alert: Open, finding: Finding, day: int) -> bool:
        if ORDER[SEVERITY[finding.detector]] > ORDER[SEVERITY[Detector(alert.detector)]]:
            return True
        if alert.acknowledged or day < alert.snoozed_until or day - alert.updated_day < PATIENCE_DAYS:
            return False
        other = finding.diagnosis.fault != alert.fault and finding.diagnosis.probability >= SURE
        return other or abs(finding.size) >= (1.0 + self.rules.life.update_share) * abs(alert.size)

    def rest(self, subject: str, calm: bool, day: int, valid: bool = True) -> list[FleetAlert]:
        """A day on which no detector speaks of the subject; calm: nothing of it is left. May end the alert."""
        told = []
        for shadow in (False, True):
            alert = self.open.get((subject, shadow))
            if alert is None:
                continue
            if valid:
                alert.seen_day = day
                alert.calm_days = alert.calm_days + 1 if calm else 0
            if alert.calm_days >= self.rules.life.resolve_days:
                told.append(self._end(alert, FleetTransition.RESOLVED, day))
        return told

    def expire(self, day: int) -> list[FleetAlert]:
        """End what nothing has been heard of for too long."""
        old = [a for a in self.open.values() if day - a.seen_day >= self.rules.life.expire_days]
        return [self._end(alert, FleetTransition.EXPIRED, day) for alert in sorted(old, key=lambda a: a.alert_id)]

    def acknowledge(self, alert_id: str, day: int) -> list[FleetAlert]:
        """Somebody has it in hand: only an escalation speaks again. Unknown and ended alerts: nothing."""
        alert = self._by_id(alert_id)
        if alert is None or alert.acknowledged:
            return []
        alert.acknowledged = True
        return [self._tell(alert, FleetTransition.ACKNOWLEDGED, day)]

    def snooze(self, alert_id: str, until_day: int, day: int) -> list[FleetAlert]:
        """Quiet until a day, except for an escalation."""
        alert = self._by_id(alert_id)
        if alert is None or until_day <= day or until_day == alert.snoozed_until:
            return []
        alert.snoozed_until = until_day
        alert.snoozes += 1
        return [self._tell(alert, FleetTransition.SNOOZED, day)]

    def _by_id(self, alert_id: str) -> Open | None:
        return next((alert for alert in self.open.values() if alert.alert_id == alert_id), None)

    def _end(self, alert: Open, how: FleetTransition, day: int) -> FleetAlert:
        key = (alert.subject, alert.shadow)
        del self.open[key]
        self.ended[key] = day
        return self._tell(alert, how, day)

    def _tell(self, alert: Open, transition: FleetTransition, day: int, finding: Finding | None = None) -> FleetAlert:
        if finding is not None:
            diagnosis = finding.diagnosis
            alert.last = {
                "diagnosis": diagnosis.fault,
                "probability": diagnosis.probability,
                "evidence_for": list(diagnosis.evidence_for),
                "evidence_against": list(diagnosis.evidence_against),
                "check": diagnosis.check,
                "changes": [change.model_dump() for change in finding.changes],
                "statistic": finding.statistic,
                "limit": finding.limit,
                "window_from_day": finding.window_from_day,
                "members": finding.members,
            }
        again = f"/{alert.snoozes}" if transition is FleetTransition.SNOOZED and alert.snoozes > 1 else ""
        return FleetAlert(
            id=f"{alert.alert_id}/{transition}/{day}{again}",
            alert_id=alert.alert_id,
            maker=self.maker,
            subject=alert.subject,
            is_cohort=alert.is_cohort,
            transition=transition,
            day=day,
            opened_day=alert.opened_day,
            severity=SEVERITY[Detector(alert.detector)],
            detector=alert.detector,
            shadow=alert.shadow,
            model_version=self.model_version,
            rules_version=self.rules.version,
            quiet_until_day=alert.snoozed_until if transition is FleetTransition.SNOOZED else None,
            **alert.last,
        )

    def dump(self) -> dict[str, Any]:
        """State as JSON values."""
        ended = [[subject, shadow, day] for (subject, shadow), day in self.ended.items()]
        return {"open": [asdict(alert) for alert in self.open.values()], "ended": ended}

    def restore(self, state: dict[str, Any]) -> None:
        """Take what ``dump`` gave."""
        self.open = {(a["subject"], a["shadow"]): Open(**a) for a in state["open"]}
        self.ended = {(subject, shadow): day for subject, shadow, day in state["ended"]}
