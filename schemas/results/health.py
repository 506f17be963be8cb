"""How far a unit is worn."""

from pydantic import Field

from schemas.components import Component, Law
from schemas.results.point import Point, Validity, value


class EduHealth(Point):
    """``edu_health``: how much of a component's life is used, by its law, when a trip and when a day ends.

    Damage adds up from when the unit was first heard of; 1 is the end by the law. Laws disagree by factors of 3 to 40:
    read ``design_ratio``, not a date. Magnets have no sum but a margin.
    """

    component: Component = Field(description="what wears")
    law: Law = Field(description="by which law")
    validity: Validity = Field(description="of what the damage is worked out from, in this unit's driving time")
    damage: float | None = value("1", "share of the component's life used")
    damage_sd_ln: float | None = value("1", "standard deviation of its logarithm: of the law and of what it is fed")
    per_1000_km: float | None = value("1", "damage per 1,000 km, over the unit's life")
    per_10_h: float | None = value("1", "damage per 10 h of driving, over the unit's life")
    design_ratio: float | None = value("ratio", "damage over that of the variant's design profile at the same distance")
    today_per_1000_km: float | None = value("1", "the same in this UTC day")
    today_per_10_h: float | None = value("1", "the same in this UTC day")
    today_design_ratio: float | None = value("ratio", "the same in this UTC day")
    distance_km: float = value("km", "driven meanwhile, as far as samples cover it")
    driving_h: float = value("h", "driven meanwhile, as far as samples cover it")
    sampling_factor: float | None = value("1", "what counted damage is multiplied with for what slow samples miss")
    overflows: int = Field(description="cycles closed before their time because a residue was full")
    margin_a_m: float | None = value(
        "A/m", "magnets: least distance from the knee in this UTC day, below 0 flux is lost"
    )
    margin_sd_a_m: float | None = value("A/m", "standard deviation of the margin, by that of the rotor's temperature")
    over_limit_s: float | None = value("s", "magnets: time above the limit of the rotor's temperature")
