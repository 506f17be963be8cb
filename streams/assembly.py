"""A worker put together from its settings: twins, sinks, app, and kernels compiled before it joins the group."""

import time
from collections.abc import Collection

import structlog

from schemas.alerts import SERIES as ALERTS
from schemas.results import DAILY, OF_FLEET
from streams.fleet_worker import FleetApp
from streams.metrics import CountingSink, Metrics
from streams.rehearsal import rehearse
from streams.settings import Settings
from streams.sinks import Sink
from streams.sinks.influx import SERIES, InfluxSink
from streams.sinks.kafka import KafkaSink
from streams.sinks.lake import LakeSink
from streams.unit_worker import TwinApp
from twin.fleet.rules import FleetRules
from twin.twin import Twin

log = structlog.get_logger()


def build(settings: Settings, twins: dict[str, Twin]) -> TwinApp:
    """The app, ready to run. Takes seconds when kernels must be compiled."""
    began = time.monotonic()
    rehearse(settings.maker, twins)
    log.info("kernels ready", variants=sorted(twins), s=round(time.monotonic() - began, 1))
    metrics = Metrics()
    for name, twin in twins.items():
        metrics.model.labels(name, twin.model_version).set(1)
    return TwinApp(settings, twins, [CountingSink(metrics), *sinks(settings)], metrics)


def build_fleet(settings: Settings, rules: FleetRules) -> FleetApp:
    """The app of the fleet stage, ready to run."""
    metrics = Metrics()
    return FleetApp(settings, rules, [CountingSink(metrics), *fleet_sinks(settings)], metrics)


def fleet_sinks(settings: Settings) -> list[Sink]:
    """Kafka for what was refused; alerts and standings to the daily bucket and the lake."""
    kafka = KafkaSink(settings.bootstrap, settings.maker, source="daily")
    chosen: list[Sink] = [kafka]
    if settings.influx.url:
        chosen.append(_influx(settings, settings.influx.daily_bucket, kafka, {ALERTS, *OF_FLEET}))
    if settings.lake.directory:
        chosen.append(LakeSink(settings.lake.directory))
    return chosen


def sinks(settings: Settings) -> list[Sink]:
    """Kafka for what is not a point; InfluxDB and lake if they are set."""
    kafka = KafkaSink(settings.bootstrap, settings.maker)
    chosen: list[Sink] = [kafka]
    influx, lake = settings.influx, settings.lake
    if influx.url:
        for bucket, series in ((influx.bucket, SERIES - DAILY), (influx.daily_bucket, DAILY)):
            chosen.append(_influx(settings, bucket, kafka, series))
    if lake.directory:
        chosen.append(LakeSink(lake.directory, archive_frames=lake.archive_frames))
    return chosen


def _influx(settings: Settings, bucket: str, refusals: KafkaSink, series: Collection[str]) -> InfluxSink:
    influx = settings.influx
    token, full_lines = influx.token.get_secret_value(), influx.queue_lines
    return InfluxSink(influx.url, token, influx.org, bucket, refusals=refusals, full_lines=full_lines, series=series)
