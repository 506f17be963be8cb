"""How a maker's fleet is judged: every number of the detectors in one place, and who may speak to people."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0.0)]
Days = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Severity(StrEnum):
    """What is expected of people: call and park, look within a week, weekly review."""

    PAGE = "page"
    TICKET = "ticket"
    WATCH = "watch"


ORDER = {Severity.WATCH: 0, Severity.TICKET: 1, Severity.PAGE: 2}


class Detector(StrEnum):
    """Who found it."""

    CHANGE_PAGE = "change.page"
    CHANGE = "change"
    CHANGE_WATCH = "change.watch"
    RAMP = "ramp"
    POPULATION = "population"
    COHORT_RATE = "cohort.rate"
    COHORT_LEVEL = "cohort.level"
    STORM = "storm"
    SILENT = "silent"


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeerRules(_Rules):
    """Whom a unit is compared with."""

    least: Days = Field(default=10, description="peers that make a stratum; with fewer the next coarser one is taken")
    settled_days: Days = Field(default=5, description="valid days after which a unit counts as somebody's peer")


class BaselineRules(_Rules):
    """How a unit's own normal is learned, then kept for the segment."""

    learn_days: Days = Field(default=40, description="valid days it is learned from")
    least_days: Days = Field(default=20, description="valid days before changes are judged against it (physics 7.2)")
    scatter_prior_days: Days = Field(default=10, description="weight of the peers' scatter in the unit's own")
    segment_sd_gates: Positive = Field(
        default=0.5, description="what a new segment adds to its SD, in effect-size gates"
    )


class ChangeRules(_Rules):
    """CUSUM and GLR on standardised residuals (physics 7.2)."""

    autocorrelation: Share = Field(default=0.4, description="of a sound unit's days, taken out")
    clip_sd: Positive = Field(default=4.0, description="most that one day may say")
    slack_sd: Positive = Field(default=1.0, description="k: what a day must exceed to count")
    limit: Positive = Field(default=8.0, description="h: sum at which it is a change")
    watch_share: Share = Field(default=0.6, description="of the effect-size gate that is enough for the watch list")
    page_limit: Positive = Field(default=12.0, description="the same before somebody is called")
    ramp_statistic: Positive = Field(default=40.0, description="largest (sum x)^2 / n over the last 60 days")


class PopulationRules(_Rules):
    """Who is least like the others (watch list)."""

    every_days: Days = 7
    quantile: Share = Field(default=0.9, description="of the fleet's own distances: outliers do not reach it")
    factor: Positive = Field(default=2.6, description="times that distance")
    looks: Days = Field(default=2, description="times in a row")
    capacity_per_1000: Positive = Field(default=2.0, description="new units a look may bring for review, per 1,000")


class CohortRules(_Rules):
    """Batches, plants, firmware and hardware against the rest."""

    windows_days: tuple[int, ...] = (7, 14, 21, 30, 45, 60)
    false_per_year: Positive = Field(default=1.0, description="expected of all rate tests together")
    least_units: Days = 10
    segment_units: Days = Field(default=3, description="whose first days tell what a new segment brought to all")
    level_gates: Positive = Field(default=0.4, description="smallest shift of a cohort's centre, in effect-size gates")
    level_sd: Positive = Field(default=8.0, description="of the centre's standard error")
    sign_days: Days = Field(default=7, description="a unit gives one sign in so many days")
    storm_share: Share = Field(default=0.05, description="of a stratum, new on one day")


class SilenceRules(_Rules):
    """Units that say nothing any more."""

    days: Days = Field(default=30, description="without telemetry of a registered unit; cars stand still for weeks")
    storm_share: Share = Field(default=0.05, description="of the units that spoke, silent since one day: told as one")


class LifeRules(_Rules):
    """How an alert lives."""

    resolve_share: Positive = Field(default=0.5, description="of the gate: below it the alert begins to end")
    resolve_days: Days = Field(default=5, description="valid days below")
    rest_days: Days = Field(
        default=14, description="after the end, before the same unit may open one again below a page"
    )
    expire_days: Days = Field(default=60, description="without a valid day")
    update_share: Positive = Field(default=0.5, description="growth of the change worth telling")


class Budget(_Rules):
    """False alarms per 1,000 unit-months that people accept (physics 7.2), and each detector's share of them."""

    per_1000: dict[Severity, float] = {Severity.PAGE: 0.1, Severity.TICKET: 1.0, Severity.WATCH: 10.0}
    share: dict[Detector, float] = {
        Detector.CHANGE_PAGE: 1.0,
        Detector.CHANGE: 0.6,
        Detector.RAMP: 0.3,
        Detector.COHORT_RATE: 0.03,
        Detector.COHORT_LEVEL: 0.04,
        Detector.STORM: 0.03,
        Detector.CHANGE_WATCH: 0.5,
        Detector.POPULATION: 0.4,
        Detector.SILENT: 0.1,
    }


class FleetRules(_Rules):
    """All of it for one maker."""

    version: str = "1"
    peers: PeerRules = PeerRules()
    baselines: BaselineRules = BaselineRules()
    changes: ChangeRules = ChangeRules()
    population: PopulationRules = PopulationRules()
    cohorts: CohortRules = CohortRules()
    silence: SilenceRules = SilenceRules()
    life: LifeRules = LifeRules()
    budget: Budget = Budget()
    shadow: frozenset[Detector] = Field(
        default=frozenset(), description="detectors that are counted but speak to nobody"
    )


SEVERITY = {
    Detector.CHANGE_PAGE: Severity.PAGE,
    Detector.CHANGE: Severity.TICKET,
    Detector.CHANGE_WATCH: Severity.WATCH,
    Detector.RAMP: Severity.TICKET,
    Detector.POPULATION: Severity.WATCH,
    Detector.COHORT_RATE: Severity.TICKET,
    Detector.COHORT_LEVEL: Severity.TICKET,
    Detector.STORM: Severity.TICKET,
    Detector.SILENT: Severity.WATCH,
}
