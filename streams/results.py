"""What leaves a Pipeline: points, alerts, refused records and accepted frames."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import Alert
from schemas.daily import DayMarker
from schemas.fleet_alerts import FleetAlert
from schemas.rejects import Reject
from schemas.results import Told
from streams.frames import Frame
from streams.records import Record, Snapshot


class Refused(NamedTuple):
    """A record that was not processed, with its original bytes: a dead letter or a late frame."""

    record: Record
    reject: Reject
    late: bool


@dataclass(slots=True)
class Points:
    """Results of one series and one variant.

    ``records``: (n,) of ``twin.layout.STATE``, ``TRIP``, ``DAY_POINT``, ``HEALTH``, ``LOAD``, ``FLEET``, ``COHORT`` or
    ``LIFE``;
    ``units``: (n,) names of their units, or of the cohorts; ``offsets``: (n,) int64, offset of the input record that
    made each (orders repeated keys in the lake).
    """

    measurement: str
    model: type[Told]
    maker: str
    variant: str
    model_version: str
    units: list[str]
    records: NDArray[Any]
    offsets: NDArray[np.int64]


@dataclass(slots=True)
class DayParts:
    """Parts of days: their points of ``edu_day``, and ``sums``, (n,) ``twin.layout.DAY``, what each was made of."""

    points: Points
    sums: NDArray[Any]


@dataclass(slots=True)
class Output:
    """Everything one batch of a partition brought forth, in input order."""

    partition: int
    points: list[Points] = field(default_factory=list)
    loads: list[Points] = field(default_factory=list)
    """Load-matrix cells and closed cycles, for the lake only."""
    daily: list[DayParts | DayMarker | Alert] = field(default_factory=list)
    """What the fleet's log is told, in this order; points of the parts and alerts stand in their own lists, too."""
    alerts: list[Alert] = field(default_factory=list)
    fleet_alerts: list[FleetAlert] = field(default_factory=list)
    """Of the fleet stage."""
    refused: list[Refused] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    """Frames accepted, for the raw archive."""
    snapshots: list[Snapshot] = field(default_factory=list)
    """Units as this batch left them that had a frame of another UTC day than before, for the archive."""
