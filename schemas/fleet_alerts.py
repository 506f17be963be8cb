"""Alerts of the fleet stage: one a cause, with a life, a diagnosis and everything needed to judge it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

DAY_US = 86_400_000_000


class FleetTransition(StrEnum):
    """Step in an alert's life."""

    OPENED = "opened"
    UPDATED = "updated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    EXPIRED = "expired"


class Change(BaseModel):
    """One feature that shows it."""

    model_config = ConfigDict(extra="forbid")

    feature: str = Field(description="field of edu_day")
    change: float = Field(description="against the unit's own normal; a share where the feature is a ratio")
    change_sd: float = Field(description="standard deviation")
    baseline: float = Field(description="the unit's own normal, on the same scale, against its variant's anchor")
    peers: int = Field(description="units it was compared with")


class FleetAlert(BaseModel):
    """One transition of one alert of a unit or cohort. The same log always gives the same ``id``."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        description="<alert_id>/<transition>/<day>, a further snooze also /<number>, of a limit /<until>: unique"
    )
    alert_id: str = Field(description="<subject>/<day opened>, or <unit>/<limit>: the same through the alert's life")
    maker: str
    subject: str = Field(description="unit, or kind:variant/cohort")
    is_cohort: bool
    transition: FleetTransition
    day: int = Field(description="UTC days since 1970: the closed day that made it, of a limit the day it was said")
    opened_day: int
    severity: str = Field(description="page, ticket or watch")
    detector: str = Field(description="who found it; limit: the unit stage")
    shadow: bool = Field(description="counted, but for nobody's eyes")
    diagnosis: str = Field(description="most likely fault")
    probability: float | None = Field(description="of the diagnosis among those known")
    evidence_for: list[str]
    evidence_against: list[str]
    check: str = Field(description="what a technician should look at")
    changes: list[Change]
    statistic: float = Field(description="of the detector, or the value beyond the limit,")
    limit: float = Field(description="and what it had to exceed")
    window_from_day: int = Field(description="first day of the data that show it")
    members: int = Field(description="units concerned")
    model_version: str
    rules_version: str
    quiet_until_day: int | None = Field(
        default=None, description="of a snooze: first UTC day since 1970 on which it may speak again"
    )

    @property
    def time_us(self) -> int:
        """Event time, microseconds UTC: the end of the day."""
        return (self.day + 1) * DAY_US
