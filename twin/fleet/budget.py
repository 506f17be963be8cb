"""False alarms of a healthy fleet, counted in shadow or for real, against what people accept (physics 7.2)."""

from collections.abc import Iterable
from typing import NamedTuple

from scipy.special import gammaincinv

from schemas.fleet_alerts import FleetAlert, FleetTransition
from twin.fleet.rules import SEVERITY, Detector, FleetRules

CONFIDENCE = 0.95


class Rate(NamedTuple):
    """Alarms per 1,000 unit-months with the bounds of their Poisson interval."""

    alarms: int
    per_1000: float
    low: float
    high: float


def poisson(alarms: int, unit_months: float, confidence: float = CONFIDENCE) -> Rate:
    """Rate with one-sided bounds: each is passed with a probability of 1 - confidence. ``unit_months`` > 0."""
    scale = 1000.0 / unit_months
    low = float(gammaincinv(alarms, 1.0 - confidence)) if alarms else 0.0
    high = float(gammaincinv(alarms + 1, confidence))
    return Rate(alarms, alarms * scale, low * scale, high * scale)


class Line(NamedTuple):
    """One detector against its share of the budget."""

    detector: Detector
    shadow: bool
    rate: Rate
    allowed: float  # per 1,000 unit-months
    proven: bool  # the upper bound is within


def expected(alerts: Iterable[FleetAlert], unit_months: float, rules: FleetRules) -> list[Line]:
    """Openings by detector over the unit-months of a healthy fleet, those in shadow too."""
    counts = dict.fromkeys(Detector, 0)
    for alert in alerts:
        counts[Detector(alert.detector)] += alert.transition == FleetTransition.OPENED
    lines = []
    for detector, count in counts.items():
        rate = poisson(count, unit_months)
        allowed = rules.budget.per_1000[SEVERITY[detector]] * rules.budget.share[detector]
        lines.append(Line(detector, detector in rules.shadow, rate, allowed, rate.high <= allowed))
    return lines
