"""What the twins say: the series, their fields with units, and the words for validity.

The models are the one source: record types of the kernels (``twin.layout``), line protocol, lake columns and JSON
Schema are derived from them. A float that is not known is NaN in a record and absent in JSON and line protocol.
"""

from schemas.alerts import SERIES as ALERTS
from schemas.results.cohort import COHORT_PERCENTILES, COHORT_SPREADS, COHORT_SUMS, CohortKind, EduCohort
from schemas.results.day import EduDay, SlowParameters
from schemas.results.driving import EduState, EduTrip, Stretch
from schemas.results.health import EduHealth
from schemas.results.life import EduLife
from schemas.results.point import Point, Told, Validity
from schemas.results.standing import EduFleet

TAGS = ("maker", "unit", "variant")
MEASUREMENT: dict[str, type[Told]] = {
    "edu_state": EduState,
    "edu_trip": EduTrip,
    "edu_day": EduDay,
    "edu_health": EduHealth,
    "edu_fleet": EduFleet,
    "edu_cohort": EduCohort,
    "edu_life": EduLife,
}
"""Name of the series -> its model. Tags in line protocol are TAGS and OWN_TAGS, everything else is a field."""
OWN_TAGS = ("component", "cohort", "kind")
"""Tags of some series only, numbers in records; they are part of a point's key."""
OF_FLEET = frozenset({"edu_fleet", "edu_cohort", "edu_life"})
"""Series of the fleet stage."""
DAILY = frozenset({"edu_day", *OF_FLEET, ALERTS})
"""Series for the bucket that keeps for years: those of one point a day, and alerts, which may be open for long."""

__all__ = [
    "COHORT_PERCENTILES",
    "COHORT_SPREADS",
    "COHORT_SUMS",
    "DAILY",
    "MEASUREMENT",
    "OF_FLEET",
    "OWN_TAGS",
    "TAGS",
    "CohortKind",
    "EduCohort",
    "EduDay",
    "EduFleet",
    "EduHealth",
    "EduLife",
    "EduState",
    "EduTrip",
    "Point",
    "SlowParameters",
    "Stretch",
    "Told",
    "Validity",
]
