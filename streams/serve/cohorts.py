"""Units that share an origin, beside each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import StrEnum

import numpy as np

from schemas.api import AlertView, Attention, Cohort, Cohorts, Spread, TwinSummary
from streams.serve.fields import PARAMETERS, shown
from streams.serve.reader import Row

LEAST_UNITS = 3
"""Of fewer no spread is told."""


class Kind(StrEnum):
    """What units can have in common."""

    VARIANT = "variant"
    PLANT = "plant"
    BATCH = "batch"
    MOUNTING = "mounting"
    HARDWARE = "hardware"


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


def _names(subject: str, kind: Kind, name: str) -> bool:
    """Whether the subject ``kind:variant/cohort`` of an alert is this cohort."""
    about, _, rest = subject.partition(":")
    variant, _, cohort = rest.partition("/")
    return name == variant if kind is Kind.VARIANT else (about, cohort) == (kind.value, name)


def _spread(field: str, values: list[float]) -> Spread:
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    own = shown("edu_day", field)
    return Spread(name=field, label=own.label, unit=own.unit, units=len(values), p10=low, median=median, p90=high)
