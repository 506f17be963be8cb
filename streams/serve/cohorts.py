"""Units that share an origin, beside each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import StrEnum

import numpy as np

from schemas.api import AlertView, Attention, Cohort, Cohorts, Spread, TwinSummary
from schemas.results import COHORT_PERCENTILES
from streams.serve.attention import time_of
from streams.serve.fields import PARAMETERS, shown
from streams.serve.reader import Row
from twin.fleet.units import UNKNOWN

LEAST_UNITS = 3
"""Of fewer no spread is told."""


class Kind(StrEnum):
    """What units can have in common."""

    VARIANT = "variant"
    PLANT = "plant"
    BATCH = "batch"
    MOUNTING = "mounting"
    HARDWARE = "hardware"
    FIRMWARE = "firmware"


def cohorts(
    kind: Kind, fleet: Iterable[TwinSummary], days: Iterable[tuple[TwinSummary, Row]], alerts: Iterable[AlertView]
) -> Cohorts:
    """All cohorts of a kind with the spread of each slow parameter, the largest first."""
    states: dict[str, Counter[Attention]] = defaultdict(Counter)
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for unit in fleet:
        if name := getattr(unit, kind):
            states[name][unit.state] += 1
    for unit, day in days:
        if name := getattr(unit, kind):
            for field in PARAMETERS:
                if day[field] is not None:
                    values[name][field].append(day[field])
    found = [alert for alert in alerts if alert.is_cohort and alert.is_open]
    items = [
        Cohort(
            kind=kind,
            name=name,
            units=count.total(),
            by_state={state: count[state] for state in Attention if count[state]},
            spreads=[_spread(field, own) for field, own in values[name].items() if len(own) >= LEAST_UNITS],
            alerts=[alert.alert_id for alert in found if _names(alert.subject, kind, name)],
        )
        for name, count in states.items()
    ]
    return Cohorts(items=sorted(items, key=lambda cohort: (-cohort.units, cohort.name)))


def by_firmware(rows: Iterable[Row], alerts: Iterable[AlertView]) -> Cohorts:
    """Units of a variant with one firmware, the largest first: only the fleet stage knows which these are. ``rows``: of
    ``edu_cohort``.
    """
    found = [alert for alert in alerts if alert.is_cohort and alert.is_open]
    items = [
        Cohort(
            kind=Kind.FIRMWARE,
            name=row["cohort"],
            variant=row["variant"],
            units=row["units"],
            signs=row["signs"],
            at=time_of(row["time_us"]),
            by_state={},
            spreads=[_told(field, row) for field in PARAMETERS if row.get(f"{field}_p50") is not None],
            alerts=[one.alert_id for one in found if one.subject == f"firmware:{row['variant']}/{row['cohort']}"],
        )
        for row in rows
        if row["cohort"] != UNKNOWN
    ]
    return Cohorts(items=sorted(items, key=lambda cohort: (-cohort.units, cohort.variant or "", cohort.name)))


def _told(field: str, row: Row) -> Spread:
    own, (low, median, high) = shown("edu_day", field), (row[f"{field}_p{percent}"] for percent in COHORT_PERCENTILES)
    return Spread(name=field, label=own.label, unit=own.unit, units=row["units"], p10=low, median=median, p90=high)


def _names(subject: str, kind: Kind, name: str) -> bool:
    """Whether the subject ``kind:variant/cohort`` of an alert is this cohort."""
    about, _, rest = subject.partition(":")
    variant, _, cohort = rest.partition("/")
    return name == variant if kind is Kind.VARIANT else (about, cohort) == (kind.value, name)


def _spread(field: str, values: list[float]) -> Spread:
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    own = shown("edu_day", field)
    return Spread(name=field, label=own.label, unit=own.unit, units=len(values), p10=low, median=median, p90=high)
