"""What units of a kind have in common."""

from enum import IntEnum
from typing import Any, ClassVar

from pydantic import Field, create_model

from schemas.results.day import EduDay, SlowParameters
from schemas.results.point import Told, value
from schemas.results.standing import EduFleet


class CohortKind(IntEnum):
    """What units have in common, beside their variant."""

    VARIANT = 0
    BATCH = 1
    PLANT = 2
    FIRMWARE = 3
    HARDWARE = 4


class _Cohort(Told):
    SUBJECT: ClassVar[str] = "cohort"

    cohort: str = Field(description="name of the batch, plant, firmware, hardware or variant")
    kind: CohortKind = Field(description="what the units have in common, beside their variant")
    day: int = value("d", "UTC days since 1970")
    units: int = Field(description="units that drove on that day")
    signs: int = Field(description="units with a sign of failure on that day: an alert of their own, or a repair")


def _of_cohort() -> dict[str, Any]:
    """Of each feature that a unit has against its own normal: three quantiles, and the median of these changes."""
    fields: dict[str, Any] = {}
    for name, field in EduFleet.model_fields.items():
        if (feature := name.removesuffix("_change")) != name:
            told = SlowParameters.model_fields.get(feature) or EduDay.model_fields[feature]
            unit = dict(told.json_schema_extra or {})["unit"]  # type: ignore[arg-type]
            for percent in COHORT_PERCENTILES:
                fields[f"{feature}_p{percent}"] = (
                    float | None,
                    value(str(unit), f"{percent} % of the units are below"),
                )
            fields[f"{name}_p50"] = (float | None, field)
    for name in COHORT_SUMS:
        of_day = EduDay.model_fields[name]
        counted = of_day.json_schema_extra if isinstance(of_day.json_schema_extra, dict) else {"unit": "1"}
        text = f"{of_day.description}; of all units together"
        fields[f"{name}_sum"] = (float | None, value(str(counted["unit"]), text))
    for name in COHORT_SPREADS:
        unit = dict(EduDay.model_fields[name].json_schema_extra or {})["unit"]  # type: ignore[arg-type]
        for percent in COHORT_PERCENTILES:
            fields[f"{name}_p{percent}"] = (float | None, value(str(unit), f"{percent} % of the units are below"))
    fields["efficiency_all"] = (
        float | None,
        value("ratio", "efficiency_model of all units together: by energy, driving, of those whose is known"),
    )
    return fields


COHORT_PERCENTILES = (10, 50, 90)
COHORT_SUMS = (
    "distance_km",
    "driving_s",
    "missing_s",
    "trips",
    "drive_energy_wh",
    "regen_energy_wh",
    "loss_energy_wh",
    "copper_loss_wh",
    "iron_loss_wh",
    "rotor_loss_wh",
    "inverter_loss_wh",
    "gear_loss_wh",
)
"""Of a day, over the units."""
COHORT_SPREADS = (
    "distance_km",
    "max_torque_nm",
    "max_motor_speed_rpm",
    "max_end_winding_temp_c",
    "max_rotor_temp_c",
    "max_switch_temp_c",
)
"""Of a day, beside the slow parameters: how the units were used."""
EduCohort = create_model("EduCohort", __base__=_Cohort, __module__=__name__, **_of_cohort())
"""``edu_cohort``: what units of a kind were like on a closed UTC day, keyed by the start of the day.

Of each feature the quantiles over the units that drove and have a valid value, and the median of the units' changes
against their own normal; of use, quantiles and sums. A fleet of any size is read as some dozen points a day.
"""
