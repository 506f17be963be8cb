"""A small fleet in InfluxDB, by the real way: simulator -> Pipeline -> fleet's log -> FleetPipeline -> sinks.

Weeks of the fleet are generated daily features; its last day is driven by the simulator for six of its units.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import uuid4

import numpy as np
from influxdb_client import InfluxDBClient

from schemas.daily import Acknowledge, DayPart
from schemas.fleet_alerts import FleetTransition
from schemas.results import DAILY, EduDay
from streams.commands.demo_run import Unheard
from streams.commands.running import run
from streams.fleet_log import decode, encode
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.records import LogRecord
from streams.results import Output, Points
from streams.sinks.daily import DailyLog
from streams.sinks.influx import SERIES, InfluxSink, LoggedRefusals
from streams.sources.fleet import Fleet as Cars
from streams.sources.plant import PlantSource
from streams.twins import load_twins
from tests.fleet_days import Fleet, Injection
from tests.fleet_records import FIRST_DAY, MAKER, log_of, marker, registrations
from tests.synthetic import alert
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US, result_dtype

UNITS, WEEKS_DAYS, DRIVEN_DAYS = 240, 45, 1
SICK, VARIANT = "u000009", "bmw-gen5-front"
"""The unit everything is known of: driven by the simulator, with a weak pump found by the fleet stage."""
DRIVEN = (SICK, "u000001", "u000003", "u000007", "u000013", "u000015")
"""Front units."""
UIDS = {"edu-twin-influxdb": "", "edu-twin-influxdb-daily": "_daily"}
"""Data source -> what its bucket's name adds to that of the states."""


class Server(Protocol):
    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def org(self) -> str: ...


class Living(NamedTuple):
    """Where the fleet is, and when it lived (microseconds)."""

    bucket: str
    time_range: tuple[int, int]
    variables: dict[str, str]
    driven_until: int
    """When the simulator stopped driving."""
    paged_us: int
    """When the page was opened."""


def make_buckets(server: Server) -> str:
    """Two empty buckets, as the setup makes; the name of the first."""
    name = f"panels{uuid4().hex[:8]}"
    with InfluxDBClient(server.url, server.token, org=server.org) as client:
        for suffix in UIDS.values():
            client.buckets_api().create_bucket(bucket_name=name + suffix, org=server.org)
    return name


def influx_sinks(server: Server, bucket: str) -> list[InfluxSink]:
    """Both sinks of a worker."""
    places = ((bucket, SERIES - DAILY), (f"{bucket}_daily", DAILY))
    made = {"refusals": LoggedRefusals(), "timeout_s": 60.0}
    return [InfluxSink(server.url, server.token, server.org, name, series=series, **made) for name, series in places]  # type: ignore[arg-type]


def write(server: Server, bucket: str, *outputs: Output) -> None:
    """Outputs through both sinks, until InfluxDB has them."""
    for sink in influx_sinks(server, bucket):
        for output in outputs:
            sink.write(output)
        sink.flush(300)
        sink.close()
        assert sink.points_refused == 0


def live(server: Server) -> Living:
    """Fill two new buckets; some seconds. Limits crossed, a page and every step of its life are made up."""
    bucket = make_buckets(server)
    driven, daily = FIRST_DAY + WEEKS_DAYS, DailyLog()
    start = datetime.fromtimestamp(driven * 86_400, UTC).date()
    cars = Cars(len(DRIVEN), DRIVEN_DAYS, start, variants=(VARIANT,), maker=MAKER, customers=("motorway",)).plan()
    units = tuple(replace(unit, name=name) for unit, name in zip(cars.units, DRIVEN, strict=True))
    source = PlantSource(replace(cars, units=units))
    run(source, load_twins(None), [*influx_sinks(server, bucket), daily], Unheard())
    sinks = influx_sinks(server, bucket)
    stage = FleetPipeline(MAKER, 1, FleetRules(), sinks)
    rules = stage.rules
    log = list(as_log([*_weeks(), *daily.records]))
    stage.process(log)
    before = [item.point for item in map(decode, log) if isinstance(item, DayPart) and item.point.unit == SICK]
    opened = [one for one in stage.cut().told if one.transition is FleetTransition.OPENED and one.subject == SICK]
    seen = Acknowledge(maker=MAKER, alert_id=opened[0].alert_id, time_us=(driven + 2) * DAY_US)
    silent = driven + DRIVEN_DAYS + rules.silence.days + 1
    stage.process(list(as_log([*encode(seen), marker(silent, 0, 0)])))
    said = [
        alert(SICK, driven * DAY_US + hour * 3_600_000_000).model_copy(update={"variant": VARIANT}) for hour in (9, 10)
    ]
    called = opened[0].model_copy(update={"id": "made-up", "severity": "page"})
    steps = [called.model_copy(update={"id": f"made-up/{step}", "transition": step}) for step in FleetTransition]
    for sink in sinks:
        sink.write(Output(0, points=[_points(before)], alerts=said, fleet_alerts=steps))
        sink.flush(60)
        sink.close()
        assert sink.points_refused == 0
    variables = {"maker": MAKER, "variant": ".*", "unit": SICK}
    return Living(bucket, (FIRST_DAY * DAY_US, (silent + 1) * DAY_US), variables, _until(daily), called.time_us)


def _weeks() -> Iterator[LogRecord]:
    at_day = np.array([30])
    faults = (Injection("pump", 1.0, np.array([9]), at_day), Injection("pump", 2.5, np.array([21]), at_day))
    fleet = Fleet(3, UNITS, faults)
    yield from registrations(fleet)
    (told,) = log_of(fleet, fleet.days(WEEKS_DAYS, FIRST_DAY), 1)
    yield from told


def _points(days: list[EduDay]) -> Points:
    """What the unit stage put out of these days; what is not known is NaN."""
    records = np.zeros(len(days), dtype=result_dtype(EduDay))
    for record, day in zip(records, days, strict=True):
        for name in set(records.dtype.names or ()) & EduDay.model_fields.keys():
            value = getattr(day, name)
            record[name] = np.nan if value is None else value
    units = [day.unit for day in days]
    return Points("edu_day", EduDay, MAKER, VARIANT, "test", units, records, np.arange(len(days)))


def _until(log: DailyLog) -> int:
    """End of the last part of a day."""
    items = map(decode, as_log(log.records))
    return max(item.point.end_us for item in items if isinstance(item, DayPart))
