"""Units that share an origin, beside each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import StrEnum

import numpy as np

from schemas.api import AlertView, Attention, Cohort, Cohorts, Spread, TwinSummary
from schemas.results import COHORT_PERCENTILES, CohortKind
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


TOLD = {kind for kind in Kind if kind.name in CohortKind.__members__} - {Kind.VARIANT}
"""Of these the fleet stage tells ``edu_cohort``, for each variant by itself: a plant's variants are no peers."""
Place = tuple[str | None, str]
"""A cohort: its variant, None for those of all variants, and its name."""


def cohorts(
    kind: Kind,
    fleet: Iterable[TwinSummary],
    days: Iterable[tuple[TwinSummary, Row]],
    rows: Iterable[Row],
    alerts: Iterable[AlertView],
) -> Cohorts:
    """All cohorts of a kind with the spread of each slow parameter, the largest first. ``rows``: of ``edu_cohort``, of
    the kinds in TOLD; ``days``: where nothing is told, the newest of each unit.

    Which firmware a unit has only the fleet stage knows.
    """
    states: dict[Place, Counter[Attention]] = defaultdict(Counter)
    values: dict[Place, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    told: dict[Place, Row] = {(row["variant"], row["cohort"]): row for row in rows if row["cohort"] != UNKNOWN}
    for unit in fleet:
        if place := _place(kind, unit):
            states[place][unit.state] += 1
    for unit, day in days:
        if (place := _place(kind, unit)) and place not in told:
            for field in PARAMETERS:
                if day.get(field) is not None:
                    values[place][field].append(day[field])
    found = [alert for alert in alerts if alert.is_cohort and alert.is_open]
    items = []
    for place in states.keys() | told.keys():
        row, count = told.get(place), states.get(place, Counter())
        of_days = [_spread(field, own) for field, own in values[place].items() if len(own) >= LEAST_UNITS]
        items.append(
            Cohort(
                kind=kind,
                name=place[1],
                variant=place[0],
                units=count.total() or (row["units"] if row else 0),
                signs=row["signs"] if row else None,
                at=time_of(row["time_us"]) if row else None,
                by_state={state: count[state] for state in Attention if count[state]},
                spreads=_told(row) if row else of_days,
                alerts=[alert.alert_id for alert in found if _names(alert.subject, kind, place)],
            )
        )
    return Cohorts(items=sorted(items, key=lambda cohort: (-cohort.units, cohort.variant or "", cohort.name)))


def _place(kind: Kind, unit: TwinSummary) -> Place | None:
    name = getattr(unit, kind, None)
    return ((unit.variant if kind in TOLD else None), name) if name else None


def _told(row: Row) -> list[Spread]:
    """Of the units that drove on its day."""
    if row["units"] < LEAST_UNITS:
        return []
    found = []
    for field in PARAMETERS:
        low, median, high = (row.get(f"{field}_p{percent}") for percent in COHORT_PERCENTILES)
        if low is not None and median is not None and high is not None:
            own = shown("edu_day", field)
            spread = {"p10": low, "median": median, "p90": high}
            found.append(Spread(name=field, label=own.label, unit=own.unit, units=row["units"], **spread))
    return found


def _names(subject: str, kind: Kind, place: Place) -> bool:
    """Whether the subject ``kind:variant/cohort`` of an alert is this cohort."""
    about, _, rest = subject.partition(":")
    of, name = place
    if of is not None:
        return (about, rest) == (kind.value, f"{of}/{name}")
    variant, _, cohort = rest.partition("/")
    return name == variant if kind is Kind.VARIANT else (about, cohort) == (kind.value, name)


def _spread(field: str, values: list[float]) -> Spread:
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
    own = shown("edu_day", field)
    return Spread(name=field, label=own.label, unit=own.unit, units=len(values), p10=low, median=median, p90=high)
