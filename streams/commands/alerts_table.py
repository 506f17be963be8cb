"""Alerts of the fleet stage for people's eyes."""

from collections.abc import Iterable
from datetime import date, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from schemas.fleet_alerts import FleetAlert
from streams.alert_history import History
from streams.limits import LIMIT
from twin.fleet.budget import Line

WIDTH = 140
EPOCH = date(1970, 1, 1)


def table(alerts: Iterable[FleetAlert]) -> None:
    """A line for each alert."""
    shown = _table("alert", "severity", "is", "since", "diagnosis", "what shows it", "check")
    for alert in alerts:
        sure = "" if alert.probability is None else f" {alert.probability:.0%}"
        what = ", ".join(f"{change.feature} {change.change:+.3g}" for change in alert.changes[:2])
        shadow = " (shadow)" if alert.shadow else ""
        shown.add_row(
            *(alert.alert_id, alert.severity + shadow, alert.transition.value, str(_day(alert.opened_day))),
            *(alert.diagnosis + sure, what or "; ".join(alert.evidence_for[:1]), alert.check),
        )
    console = _console()
    console.print(shown if shown.row_count else "no alerts")


def story(steps: list[FleetAlert]) -> None:
    """One alert: what it is by its last step, then its life."""
    console, last = _console(), steps[-1]
    sure = "" if last.probability is None else f" ({last.probability:.0%} among the known faults)"
    units = f", {last.members} units" if last.is_cohort else ""
    console.print(f"[bold]{last.alert_id}[/bold]: {last.severity}, {last.transition.value}{units}")
    console.print(f"most likely: {last.diagnosis}{sure}")
    console.print(f"check: {last.check}")
    for name, words in (("for it", last.evidence_for), ("against it", last.evidence_against)):
        for word in words:
            console.print(f"{name}: {word}")
    if last.detector != LIMIT:
        console.print(
            f"found by {last.detector}: {last.statistic:.3g}, limit {last.limit:.3g}, in data since "
            f"{_day(last.window_from_day)}; model {last.model_version}, rules {last.rules_version}"
        )
    if last.changes:
        changes = _table("feature", "change", "± sd", "own normal", "peers")
        for change in last.changes:
            numbers = (f"{change.change:+.3g}", f"{change.change_sd:.2g}", f"{change.baseline:+.3g}", str(change.peers))
            changes.add_row(change.feature, *numbers)
        console.print(changes)
    for step in steps:
        console.print(f"{_day(step.day)} {step.transition.value} {step.severity} {step.diagnosis}")


def costs(lines: Iterable[Line], history: History) -> None:
    """Each detector against its budget."""
    shown = _table("detector", "", "alarms", "per 1,000 unit-months", "at least", "at most", "allowed", "")
    for line in lines:
        rate = line.rate
        numbers = (f"{number:.3g}" for number in (rate.per_1000, rate.low, rate.high, line.allowed))
        state, verdict = "shadow" if line.shadow else "", "within" if line.proven else "not shown"
        shown.add_row(line.detector.value, state, str(rate.alarms), *numbers, verdict)
    console = _console()
    console.print(f"{history.unit_months:,.1f} unit-months, {history.days} days")
    console.print(shown)


def _day(day: int) -> date:
    return EPOCH + timedelta(days=day)


def _table(*columns: str) -> Table:
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column)
    return made


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    return console
