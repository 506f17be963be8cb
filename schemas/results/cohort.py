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
    return fields


COHORT_PERCENTILES = (10, 50, 90)
EduCohort = create_model("EduCohort", __base__=_Cohort, __module__=__name__, **_of_cohort())
"""``edu_cohort``: what units of a kind were like on a closed UTC day, keyed by the start of the day.

Of each feature the quantiles over the units that drove and have a valid value, and the median of the units' changes
against their own normal. A fleet of any size is read as some dozen points a day.
"""
