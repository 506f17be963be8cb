"""What the twin API answers. Times are ISO 8601, UTC; a number that is not known is null and its validity says why."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from schemas.fleet_alerts import FleetAlert


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Attention(StrEnum):
    """What a unit asks of people, the most urgent first."""

    ACT = "act"
    WATCH = "watch"
    IN_HAND = "in_hand"
    NO_DATA = "no_data"
    NORMAL = "normal"


class Reason(_Answer):
    """Why a unit asks for attention."""

    text: str = Field(description="what was found, in words")
    check: str = Field(default="", description="what a technician should look at")
    severity: str = Field(default="", description="page, ticket or watch")
    alert_id: str | None = Field(default=None, description="the alert of the fleet stage that says so")


class TwinSummary(_Answer):
    """One unit in a list."""

    unit: str
    maker: str
    variant: str
    plant: str | None = Field(default=None, description="where it was built; null: not registered")
    batch: str | None = None
    mounting: str | None = None
    hardware: str | None = Field(default=None, description="part number and index")
    state: Attention
    reasons: list[Reason] = Field(description="the most urgent first; empty for a normal unit")
    at: datetime | None = Field(description="event time of its newest state")
    validity: str = Field(description="of the temperatures at that time")
    efficiency: float | None = Field(description="by the loss model, of its newest driving day")
    loss_ratio: float | None = Field(description="measured over modelled loss, of its newest driving day")
    unlike_peers: float | None = Field(description="share of its peers that are less unlike the others, of its day")
    worst_component: str | None = Field(description="what wears fastest against design, of parts never replaced")
    worst_design_ratio: float | None = Field(description="that component's damage over the design profile's")


class TwinPage(_Answer):
    """A page of a list of units."""

    items: list[TwinSummary]
    total: int = Field(description="units that fit the filters, on all pages")
    next: str | None = Field(description="cursor of the next page; null on the last")


class Estimate(_Answer):
    """A quantity with its uncertainty."""

    name: str = Field(description="field of the series")
    label: str
    unit: str
    value: float | None
    sd: float | None = Field(default=None, description="standard deviation, in the same unit or K")
    validity: str


class Parameter(Estimate):
    """A slow parameter of a unit's newest driving day beside its own normal and its peers."""

    change: float | None = Field(default=None, description="against its own normal, a share where it is a ratio")
    z: float | None = Field(default=None, description="against the centre of its peers, in their spread")


class Wear(_Answer):
    """How much of a component's life is used, by its law."""

    component: str
    law: str
    validity: str
    since: date | None = Field(
        description="replaced the day before: damage and design_ratio are of the new part; null: never replaced"
    )
    damage: float | None = Field(description="1: the end by the law")
    damage_sd_ln: float | None
    design_ratio: float | None = Field(description="damage over that of the variant's design profile")
    per_1000_km: float | None
    margin_a_m: float | None = Field(description="magnets: least distance from the knee on that day, A/m")


class Quantiles(_Answer):
    """Of a remaining life; ``q05`` is "replace by": one in twenty does not go so far."""

    q05: float
    q10: float
    q50: float
    q90: float
    q95: float


class RemainingLife(_Answer):
    """How long a part of the unit goes on if it is used as it was; never a date."""

    component: str = Field(description="what wears, or the indicator")
    source: str = Field(description="usage: by damage, or indicator: by what the unit shows")
    validity: str
    at: datetime = Field(description="start of the day after which it was told")
    since: date = Field(description="UTC day from which on the part counts: first heard of, or replaced the day before")
    age_km: float
    damage: float | None = Field(description="of this part, by its law; 1 is the end. Usage only")
    design_ratio: float | None = Field(description="that damage over the design profile's at the same distance")
    share: float | None = Field(description="of the way to the end of life. Indicators only")
    share_sd: float | None
    km: Quantiles | None
    hours: Quantiles | None = Field(description="of driving")
    days: Quantiles | None = Field(description="of the calendar")


class LifeStory(_Answer):
    """How the remaining life of one part was told over time, the oldest first."""

    unit: str
    component: str
    points: list[RemainingLife]


class Limit(_Answer):
    """A limit that is crossed in the newest state; a unit that is silent for a week has none."""

    alert: str
    since: datetime
    value: float | None
    limit: float | None
    unit: str
    check: str
    alert_id: str = Field(description="of the alert that people take in hand")


class Segment(_Answer):
    """A stretch of the unit's life between changes of software, hardware, parameters or model."""

    segment: int
    since: datetime
    until: datetime
    driving_days: int
    model_version: str


class Twin(TwinSummary):
    """Everything that is known of one unit now."""

    vehicle: str | None = None
    built: date | None = None
    estimates: list[Estimate] = Field(description="of its newest state")
    parameters: list[Parameter] = Field(description="of its newest driving day")
    health: list[Wear] = Field(description="what wears fastest against design first")
    remaining_life: list[RemainingLife] = Field(description="what is to be replaced first before the others")
    limits: list[Limit]
    alerts: list[str] = Field(description="ids of its alerts, those to be taken in hand first")
    segments: list[Segment] = Field(description="the newest first")


class Series(StrEnum):
    """Histories there are: one point a minute of driving, a trip, and a day."""

    STATE = "state"
    TRIP = "trip"
    DAY = "day"
    FLEET = "fleet"


class Column(_Answer):
    """One field over time."""

    name: str
    label: str
    unit: str
    sd: str | None = Field(description="field with its standard deviation, if it has one")
    values: list[int | float | str | None]


class History(_Answer):
    """Points of one unit in the order of event time."""

    unit: str
    series: Series
    times: list[datetime]
    columns: list[Column]
    thinned: bool = Field(description="of each stretch only its last point is shown: there were too many")


class AlertView(FleetAlert):
    """An alert of the fleet stage or a limit that a unit crossed, as it is now: its last transition, and what people
    said of it since.
    """

    shows: list[str] = Field(description="the changes in words")
    labels: dict[str, str] = Field(description="words for the fields that changes and evidence name")
    is_open: bool
    in_hand: bool = Field(description="acknowledged or asleep")
    snoozed_until: date | None = Field(default=None, description="first UTC day on which it may speak again")


class AlertPage(_Answer):
    """A page of a list of alerts."""

    items: list[AlertView]
    total: int
    next: str | None = Field(description="cursor of the next page; null on the last")


class AlertStory(_Answer):
    """One alert and every step of its life."""

    alert: AlertView
    steps: list[FleetAlert]


class SnoozeRequest(_Answer):
    """For how long an alert is to be quiet."""

    days: int = Field(ge=1, le=365, description="from today, UTC")


class Spread(_Answer):
    """One slow parameter over the units of a cohort."""

    name: str
    label: str
    unit: str
    units: int
    p10: float
    median: float
    p90: float


class Cohort(_Answer):
    """Units that share an origin."""

    kind: str
    name: str
    variant: str | None = Field(default=None, description="whose units these are; none: of all variants")
    units: int = Field(description="of a firmware: those that drove on its day")
    signs: int | None = Field(default=None, description="units with a sign of failure on its day")
    at: datetime | None = Field(
        default=None,
        description="the closed day it is told of: the last on which one of its units drove; none: as now",
    )
    by_state: dict[Attention, int] = Field(description="empty where the units are not told one by one")
    spreads: list[Spread] = Field(description="of its day; without one of each unit's newest driving day")
    alerts: list[str] = Field(description="ids of open alerts that name the cohort")


class Cohorts(_Answer):
    """All cohorts of a kind, the largest first."""

    items: list[Cohort]


class VariantView(_Answer):
    """A brand's version of the drive unit."""

    name: str
    title: str
    power_kw: int
    torque_nm: int
    machine: str
    inverter: str
    bus: str
    cooling: str
    mounting: str
    units: int = Field(description="units of it in this fleet")


class Variants(_Answer):
    """All variants twins are known for."""

    items: list[VariantView]


class Fleet(_Answer):
    """The fleet in a few numbers."""

    units: int
    by_state: dict[Attention, int]
    by_variant: dict[str, dict[Attention, int]]
    newest: datetime | None = Field(description="event time of the newest state")
    can_acknowledge: bool = Field(description="there is a log that takes commands")
    grafana_url: str = Field(description="where the dashboards are; empty: not known")


class Problem(_Answer):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
