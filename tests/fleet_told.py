"""Alerts of a fleet stage for tests of everything that carries or shows them."""

from typing import Any

from schemas.fleet_alerts import Change, FleetAlert, FleetTransition
from streams.records import Message
from streams.sinks.kafka_messages import fleet_alert_record

OPENED_DAY = 20_500


def fleet_alert(
    transition: FleetTransition = FleetTransition.OPENED, day: int = OPENED_DAY, subject: str = "u1", **more: Any
) -> FleetAlert:
    """One step of the alert of a unit with a weak pump."""
    alert_id = f"{subject}/{OPENED_DAY}"
    change = Change(feature="cooling_conductance_ratio", change=-0.28, change_sd=0.01, baseline=0.1, peers=50)
    facts: dict[str, Any] = {
        "severity": "ticket",
        "detector": "change",
        "shadow": False,
        "diagnosis": "cooling_loss",
        "probability": 0.92,
        "evidence_for": ['conductance "low"'],
        "evidence_against": [],
        "check": "coolant level, then the pump",
        "changes": [change],
        "statistic": 9.1,
        "limit": 8.0,
        "window_from_day": day - 4,
        "members": 1,
    }
    return FleetAlert(
        id=f"{alert_id}/{transition}/{day}",
        alert_id=alert_id,
        maker="bmw",
        subject=subject,
        is_cohort=":" in subject,
        transition=transition,
        day=day,
        opened_day=OPENED_DAY,
        model_version="model",
        rules_version="1",
        **(facts | more),
    )


def record_of(alert: FleetAlert, offset: int = 0) -> Message:
    """It as the alerts topic has it."""
    return Message(*fleet_alert_record(alert), 0, offset)
