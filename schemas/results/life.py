"""How long a unit will go on."""

from pydantic import Field

from schemas.components import Ageing, LifeSource
from schemas.results.point import Point, Validity, value


class EduLife(Point):
    """``edu_life``: what of a unit goes on how long if it is used as it was, keyed by the start of a closed UTC day.

    By usage: from the damage since the part was new and how such parts live. By indicator: from how far the unit is on
    its way to an end. Always quantiles, in three clocks; 5 % is "replace by". A replaced part begins anew on the day
    after, as the fleet's log says; ``edu_health`` counts the whole unit's life.
    """

    component: Ageing = Field(description="what wears, or the indicator")
    source: LifeSource = Field(description="usage: by damage, or indicator: by what the unit shows")
    validity: Validity = Field(description="warming_up: too few days, or nothing worn in 13 weeks, for a rate")
    day: int = value("d", "UTC days since 1970")
    since_day: int = value("d", "UTC day from which on the part counts: first heard of, or replaced the day before")
    age_km: float = value("km", "driven with the part")
    damage: float | None = value("1", "share of the part's life used, by its law; usage only")
    design_ratio: float | None = value("ratio", "that damage over the design profile's at the same distance")
    share: float | None = value("ratio", "of the way from the unit's best to the end of life; indicators only")
    share_sd: float | None = value("ratio", "standard deviation of share")
    remaining_km_q05: float | None = value("km", "one in twenty does not go so far: replace by")
    remaining_km_q10: float | None = value("km", "one in ten does not go so far")
    remaining_km_q50: float | None = value("km", "half of them do not go so far")
    remaining_km_q90: float | None = value("km", "nine in ten do not go so far")
    remaining_km_q95: float | None = value("km", "nineteen in twenty do not go so far")
    remaining_h_q05: float | None = value("h", "the same in hours of driving")
    remaining_h_q10: float | None = value("h", "the same in hours of driving")
    remaining_h_q50: float | None = value("h", "the same in hours of driving")
    remaining_h_q90: float | None = value("h", "the same in hours of driving")
    remaining_h_q95: float | None = value("h", "the same in hours of driving")
    remaining_d_q05: float | None = value("d", "the same in days of the calendar")
    remaining_d_q10: float | None = value("d", "the same in days of the calendar")
    remaining_d_q50: float | None = value("d", "the same in days of the calendar")
    remaining_d_q90: float | None = value("d", "the same in days of the calendar")
    remaining_d_q95: float | None = value("d", "the same in days of the calendar")
