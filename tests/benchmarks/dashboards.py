"""`python -m tests.benchmarks.dashboards [--json] [--short]`: how long each dashboard's queries take on a large fleet.

10,000 units with 90 days of daily records, 2,000 of them with 30 days of states and wear, in buckets as the setup makes
them, on a real InfluxDB. Of most units only the fields are written that are asked of many units at once: in a store of
columns the others cost nothing. One unit has every field.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from pydantic import SecretStr

import grafana
from deploy.local.stack import Unavailable, influxdb_server
from grafana.influxql import FIELDS
from schemas.alerts import Transition
from schemas.components import Ageing, Component
from schemas.fleet_alerts import FleetAlert, FleetTransition
from schemas.results import DAILY, MEASUREMENT, CohortKind
from streams.buckets import create_buckets
from streams.results import Output, Points
from streams.settings import InfluxSettings, Settings
from streams.sinks.influx import SERIES, InfluxSink, LoggedRefusals
from tests.benchmarks.report import Row, at_most, progress, run
from tests.influx import influxql
from tests.synthetic import MINUTE_US, alert, enumeration
from twin.layout import DAY_US, result_dtype

MAKER, VARIANTS = "bmw", ("bmw-gen5-front", "bmw-gen5-rear", "bmw-i3", "mini-se")
GOAL_S = 2.0
REPEATS = 3
DRIVING_MINUTES = 60
START_OF_DRIVING = 7 * 60
ALERTS_A_DAY = 10
BATCH = 40
DAYS_OF_A_LIFE = 7
"""Between two forecasts of a unit: in a fleet of 10,000 there are ten."""


class Size(NamedTuple):
    """Of the fleet."""

    units: int = 10_000
    days: int = 90
    with_states: int = 2_000
    state_days: int = 30


SHORT = Size(400, 20, 60, 4)


def asked_fields() -> dict[str, set[str]]:
    """Fields that are asked of many units at once, by series."""
    found: dict[str, set[str]] = {name: set() for name in FIELDS}
    for dashboard in grafana.dashboards().values():
        for _, target in grafana.targets(dashboard):
            if "'$unit'" not in target["query"]:
                name = target["query"].split(' FROM "')[1].split('"')[0]
                found[name] |= {field for field in FIELDS[name] if f'"{field}"' in target["query"]}
    return found


class Filler:
    """Points of all units at given times."""

    def __init__(self, size: Size) -> None:
        self._rng = np.random.default_rng(8)
        self._asked = asked_fields()
        self.names = [f"unit-{number}" for number in range(size.units)]

    def points(self, measurement: str, first: int, last: int, times_us: np.ndarray[Any, Any], **columns: Any) -> Points:
        """Of the units ``first`` to before ``last``, one for each time; numbers that nobody asks for are absent."""
        model, index = MEASUREMENT[measurement], np.repeat(np.arange(first, last), len(times_us))
        records = np.zeros(len(index), dtype=result_dtype(model))
        for name in records.dtype.names or ():
            if records.dtype[name].kind == "f":
                shown = index == 0 if name not in self._asked[measurement] else np.full(len(index), True)
                records[name] = np.where(shown, self._rng.normal(60.0, 20.0, len(index)), np.nan)
            elif words := enumeration(model, name):
                records[name] = self._rng.integers(0, len(words), len(index))
        records["time_us"] = np.tile(times_us, last - first)
        for name, values in columns.items():
            records[name] = np.resize(values, len(index))
        names = [self.names[number] for number in index]
        variant = VARIANTS[first * len(VARIANTS) // len(self.names)]
        offsets = np.arange(len(index), dtype=np.int64)
        return Points(measurement, model, MAKER, variant, "benchmark", names, records, offsets)

    def cohorts(self, first: int, last: int, time_us: np.ndarray[Any, Any]) -> Points:
        """What a variant's units have in common, in batches of ``BATCH``."""
        counts = {CohortKind.VARIANT: 1, CohortKind.BATCH: -(-(last - first) // BATCH)}
        kinds = [kind for kind in CohortKind for _ in range(counts.get(kind, 3))]
        names = [f"{kind.name.lower()}-{number}" for number, kind in enumerate(kinds)]
        made = self.points("edu_cohort", first, first + 1, np.repeat(time_us, len(kinds)), kind=kinds)
        return replace(made, units=names)

    def parts(self, count: int) -> Iterator[tuple[int, int]]:
        """Ranges of the first ``count`` units of every variant's share."""
        share, part = len(self.names) // len(VARIANTS), count // len(VARIANTS)
        for number in range(len(VARIANTS)):
            yield number * share, number * share + part


def outputs(size: Size, first_us: int) -> Iterator[Output]:
    """The fleet's life, a day at a time."""
    filler = Filler(size)
    components, ageing = np.arange(len(Component)), np.arange(len(Ageing))
    for day in range(size.days):
        day_us = np.array([first_us + day * DAY_US])
        output = Output(0)
        for measurement in ("edu_day", "edu_fleet"):
            output.points += [filler.points(measurement, *part, day_us) for part in filler.parts(size.units)]
        output.points += [filler.cohorts(*part, day_us) for part in filler.parts(size.units)]
        if (size.days - 1 - day) % DAYS_OF_A_LIFE == 0:
            often_us = np.repeat(day_us, len(ageing))
            for part in filler.parts(size.units):
                output.points.append(filler.points("edu_life", *part, often_us, component=ageing))
        if day >= size.days - size.state_days:
            times_us = day_us + (START_OF_DRIVING + np.arange(DRIVING_MINUTES)) * MINUTE_US
            evening_us = np.repeat(times_us[-1:], len(components))
            for part in filler.parts(size.with_states):
                output.points.append(filler.points("edu_state", *part, times_us))
                output.points.append(filler.points("edu_trip", *part, times_us[:1]))
                output.points.append(filler.points("edu_health", *part, evening_us, component=components))
            output.fleet_alerts += fleet_alerts(day, first_us)
            output.alerts += [alert(filler.names[0], int(times_us[0]), step) for step in Transition]
        yield output


def fleet_alerts(day: int, first_us: int) -> Iterator[FleetAlert]:
    """Every step of the lives of some alerts; of ``unit-0`` one a day."""
    today = first_us // DAY_US + day
    for number in range(ALERTS_A_DAY):
        for step in FleetTransition:
            yield FleetAlert(
                id=f"unit-{number}/{today}/{step}", alert_id=f"unit-{number}/{today}", maker=MAKER,
                subject=f"unit-{number}", is_cohort=number == 1, transition=step, day=today, opened_day=today,
                severity=("page", "ticket", "watch")[number % 3], detector="change", shadow=False,
                diagnosis="cooling_loss", probability=0.8, evidence_for=["cooling"], evidence_against=[],
                check="pump", changes=[], statistic=9.0, limit=8.0, window_from_day=today - 9, members=1,
                model_version="benchmark", rules_version="benchmark",
            )  # fmt: skip


def fill(server: Any, settings: Settings, size: Size, first_us: int) -> None:
    """Write it all, as a worker would."""
    influx = settings.influx
    places = ((influx.bucket, SERIES - DAILY), (influx.daily_bucket, DAILY))
    sinks = [
        InfluxSink(server.url, server.token, server.org, bucket, refusals=LoggedRefusals(), timeout_s=60, series=series)
        for bucket, series in places
    ]
    for day, output in enumerate(outputs(size, first_us)):
        for sink in sinks:
            sink.write(output)
        for sink in sinks:
            sink.flush(600)
        progress(f"day {day + 1} of {size.days}")
    for sink in sinks:
        sink.close()
        if sink.points_refused:
            raise RuntimeError(f"InfluxDB refused {sink.points_refused} points")


def dashboard_rows(server: Any, buckets: Mapping[str, str], time_range: tuple[int, int]) -> Iterator[Row]:
    """Seconds of all queries of each dashboard, one after another, and of its slowest panel; the least of some runs."""
    variables = {"maker": MAKER, "variant": ".*", "unit": "unit-0"}
    totals: dict[str, float] = {}
    for name, dashboard in grafana.dashboards().items():
        start_us = time_range[1] - days_shown(dashboard) * DAY_US
        asked = grafana.queries(dashboard, variables, (start_us, time_range[1]), relative=True)
        asked += grafana.variable_queries(dashboard, variables, time_range)
        least = {}
        for title, source, query in asked:
            spent = [seconds(server, buckets[source], query) for _ in range(REPEATS)]
            least[title] = least.get(title, 0.0) + min(spent)
        for title, spent_s in least.items():
            progress(f"  {spent_s:.3f} s {title}")
        slowest = max(least, key=lambda title: least[title])
        totals[name] = sum(least.values())
        progress(f"{name}: {totals[name]:.2f} s, of it {least[slowest]:.2f} s {slowest}")
        yield at_most(f"{name}.all_queries_s", totals[name], "s", GOAL_S, least[slowest], slowest)
    yield at_most("slowest_dashboard_s", max(totals.values()), "s", GOAL_S)


def days_shown(dashboard: Mapping[str, Any]) -> int:
    """The range a dashboard opens with."""
    number, unit = int(dashboard["time"]["from"][4:-1]), dashboard["time"]["from"][-1]
    return number if unit == "d" else -(-number // 24)


def seconds(server: Any, bucket: str, query: str) -> float:
    """Of one query, its answer read. RuntimeError where it has no rows: that would be quick for nothing."""
    began = time.perf_counter()
    series = influxql(server, bucket, query)
    spent = time.perf_counter() - began
    if not any(series):
        raise RuntimeError(f"no rows: {query}")
    return spent


def rows() -> list[Row]:
    """Every figure of this benchmark."""
    size = SHORT if "--short" in sys.argv[1:] else Size()
    chosen = influxdb_server(build=False)
    if isinstance(chosen, Unavailable):
        return [Row("slowest_dashboard_s", None, "s", reference_name=chosen.reason, goal=f"<= {GOAL_S:g}", holds=False)]
    with chosen as server:
        token = SecretStr(server.token)
        # a day more than there are states: the first of them began before this hour
        keep = size.state_days + 1
        influx = InfluxSettings(url=server.url, token=token, org=server.org, retention_days=keep)
        settings = Settings(maker=MAKER, brokers="nobody:1", influx=influx)
        progress("; ".join(create_buckets(settings)))
        first_us = (int(time.time()) // 86_400 - size.days) * DAY_US
        fill(server, settings, size, first_us)
        buckets = {"edu-twin-influxdb": settings.influx.bucket, "edu-twin-influxdb-daily": settings.influx.daily_bucket}
        return list(dashboard_rows(server, buckets, (first_us, first_us + size.days * DAY_US)))


if __name__ == "__main__":
    run("dashboards", rows)
