"""Where the API gets results from: one small interface before InfluxDB and before a lake."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert, FleetTransition

Row = dict[str, Any]
"""A point: field -> value, ``None`` where it is not known; ``time_us`` and tags among them."""


class Span(NamedTuple):
    """A segment of a unit: number, first and last microsecond, days of driving, model."""

    segment: int
    since_us: int
    until_us: int
    days: int
    model_version: str


class ReaderError(Exception):
    """Results cannot be read now; the message says where and why."""


_STEPS = list(FleetTransition)


def in_order(told: Iterable[FleetAlert], said: Iterable[Alert]) -> tuple[list[FleetAlert], list[Alert]]:
    """Alerts of the fleet stage by day and step of life, those of units by time."""
    return (
        sorted(told, key=lambda alert: (alert.day, _STEPS.index(alert.transition))),
        sorted(said, key=lambda alert: (alert.time_us, alert.id)),
    )


COHORT_DAYS = 14
"""A cohort of which nobody drove for longer has gone."""


class Reader(Protocol):
    """Reads results of one deployment. Any method may raise ReaderError; all may be called from several threads."""

    def newest(self, series: str) -> list[Row]:
        """The newest point of each unit (``edu_health``: of each component) among those that came since the last
        call; at the first call among all. A unit may come again unchanged; what the API does not tell may be None."""

    def alerts(self) -> tuple[list[FleetAlert], list[Alert]]:
        """Transitions of the fleet stage's alerts and of the units' limits that came since the last call, each in
        their order; some may come again."""

    def history(
        self, series: str, unit: str, fields: Sequence[str], span_us: tuple[int, int], most: int
    ) -> tuple[list[Row], bool]:
        """Points of a unit from one time to another, both included, with ``time_us`` and these fields; of more than
        ``most`` the last of each stretch, and then True."""

    def before(self, series: str, unit: str, time_us: int) -> Row | None:
        """The last point of a unit at or before a time."""

    def segments(self, unit: str) -> list[Span]:
        """Segments of a unit's driving days, the oldest first."""

    def lives(self, unit: str) -> list[Row]:
        """The newest point of ``edu_life`` of each component of a unit."""

    def life(self, unit: str, component: str) -> list[Row]:
        """Points of ``edu_life`` of one of its components, the oldest first."""

    def cohorts(self, kind: str) -> list[Row]:
        """The newest point of ``edu_cohort`` of each variant and cohort of a kind, of the last COHORT_DAYS of any."""

    def close(self) -> None:
        """Let go of what is open."""
