"""A unit's rows as the API tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.api import (
    Attention,
    Estimate,
    Limit,
    Parameter,
    Quantiles,
    Reason,
    RemainingLife,
    Segment,
    Twin,
    TwinSummary,
    Wear,
)
from streams.serve.attention import DAY_US, time_of
from streams.serve.commands_log import Origin
from streams.serve.fields import PARAMETERS, STATES, shown
from streams.serve.reader import Row, Span


def summary(
    unit: str,
    newest: Mapping[str, Row],
    health: Mapping[str, Row],
    registered: Origin | None,
    state: Attention,
    reasons: list[Reason],
) -> TwinSummary:
    """The unit in a list. ``newest``: series -> its newest point; ``health``: component -> the same."""
    anything = next(iter(newest.values()))
    now, day, standing = (newest.get(name) for name in ("edu_state", "edu_day", "edu_fleet"))
    replaced = registered.replaced if registered else frozenset()
    own = (row for component, row in health.items() if component not in replaced)
    worn = [row for row in own if row["design_ratio"] is not None and row["validity"] == "valid"]
    worst = max(worn, key=lambda row: row["design_ratio"], default=None)
    return TwinSummary(
        unit=unit,
        maker=anything["maker"],
        variant=anything["variant"],
        plant=registered.plant if registered else None,
        batch=registered.batch if registered else None,
        mounting=registered.mounting if registered else None,
        hardware=registered.hardware if registered else None,
        state=state,
        reasons=reasons,
        at=time_of(now["time_us"]) if now else None,
        validity=now["thermal_validity"] if now else "no_data",
        efficiency=day["efficiency_model"] if day else None,
        loss_ratio=day["loss_ratio"] if day else None,
        unlike_peers=standing["distance_rank"] if standing else None,
        worst_component=worst["component"] if worst else None,
        worst_design_ratio=worst["design_ratio"] if worst else None,
    )


def detail(
    short: TwinSummary,
    newest: Mapping[str, Row],
    health: Mapping[str, Row],
    crossed: list[Limit],
    registered: Origin | None,
    alerts: list[str],
    spans: Sequence[Span],
    lives: Sequence[Row],
) -> Twin:
    """Everything about the unit."""
    state, day, standing = (newest.get(name) for name in ("edu_state", "edu_day", "edu_fleet"))
    worn = sorted(_of_present_parts(health, lives), key=lambda row: -(row["design_ratio"] or 0.0))
    return Twin(
        **dict(short),
        vehicle=registered.vehicle if registered else None,
        built=registered.built if registered else None,
        estimates=estimates(state),
        parameters=_parameters(day, standing),
        health=[Wear(**{name: row[name] for name in Wear.model_fields}) for row in worn],
        remaining_life=[remaining(row) for row in sorted(lives, key=_first_to_replace)],
        limits=crossed,
        alerts=alerts,
        segments=[_segment(span) for span in reversed(spans)],
    )


def _of_present_parts(health: Mapping[str, Row], lives: Sequence[Row]) -> list[Row]:
    """Wear as the unit sums it; of a part that the fleet's log calls replaced only what it wore itself."""
    told = {row["component"]: row for row in lives if row["source"] == "usage"}
    first_day = min((row["since_day"] for row in told.values()), default=0)
    found = []
    for component, row in health.items():
        own = told.get(component)
        if own is None or own["since_day"] == first_day:
            found.append(row | {"since": None})
        else:
            since = time_of(own["since_day"] * DAY_US).date()
            found.append(row | {"since": since, "damage": own["damage"], "design_ratio": own["design_ratio"]})
    return found


def estimates(state: Row | None) -> list[Estimate]:
    """Temperatures of a point of ``edu_state``."""
    return [Estimate(**_estimate("edu_state", name, state)) for name in STATES] if state else []


def _parameters(day: Row | None, standing: Row | None) -> list[Parameter]:
    """Slow parameters of a day that the unit's machine has, beside where it stands."""
    found = []
    for name in PARAMETERS if day else ():
        own = _estimate("edu_day", name, day)
        if own["validity"] != "not_applicable":
            change, z = ((standing or {}).get(f"{name}_{part}") for part in ("change", "z"))
            found.append(Parameter(**own, change=change, z=z))
    return found


def _estimate(series: str, name: str, row: Row | None) -> dict[str, Any]:
    field, row = shown(series, name), row or {}
    value = row.get(name)
    # A point that an older version wrote may lack the field.
    validity = (row.get(field.validity) if field.validity else None) or ("no_data" if value is None else "valid")
    sd = row.get(field.sd) if field.sd else None
    return {"name": name, "label": field.label, "unit": field.unit, "value": value, "sd": sd, "validity": validity}


def _first_to_replace(row: Row) -> tuple[float, str]:
    km = row["remaining_km_q05"]
    return (float("inf") if km is None else km), row["component"]


def remaining(row: Row) -> RemainingLife:
    """A point of ``edu_life``."""

    def quantiles(clock: str) -> Quantiles | None:
        found = {name: row[f"remaining_{clock}_{name}"] for name in Quantiles.model_fields}
        return None if None in found.values() else Quantiles(**found)

    own = ("component", "source", "validity", "age_km", "damage", "design_ratio", "share", "share_sd")
    return RemainingLife(
        **{name: row[name] for name in own},
        at=time_of(row["time_us"]),
        since=time_of(row["since_day"] * DAY_US).date(),
        km=quantiles("km"),
        hours=quantiles("h"),
        days=quantiles("d"),
    )


def _segment(span: Span) -> Segment:
    return Segment(
        segment=span.segment,
        since=time_of(span.since_us),
        until=time_of(span.until_us),
        driving_days=span.days,
        model_version=span.model_version,
    )
