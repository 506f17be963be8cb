"""A worker put together from its settings: twins, sinks, app, and kernels compiled before it joins the group."""

import time

import structlog

from schemas.results import DAILY
from streams.metrics import CountingSink, Metrics
from streams.rehearsal import rehearse
from streams.settings import Settings
from streams.sinks import Sink
from streams.sinks.influx import SERIES, InfluxSink
from streams.sinks.kafka import KafkaSink
from streams.sinks.lake import LakeSink
from streams.worker import TwinApp
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


def sinks(settings: Settings) -> list[Sink]:
    """Kafka for what is not a point; InfluxDB and lake if they are set."""
    kafka = KafkaSink(settings.bootstrap, settings.maker)
    chosen: list[Sink] = [kafka]
    influx, lake = settings.influx, settings.lake
    if influx.url:
        token = influx.token.get_secret_value()
        for bucket, series in ((influx.bucket, SERIES - DAILY), (influx.daily_bucket, DAILY)):
            full_lines = influx.queue_lines
            sink = InfluxSink(
                influx.url, token, influx.org, bucket, refusals=kafka, full_lines=full_lines, series=series
            )
            chosen.append(sink)
    if lake.directory:
        chosen.append(LakeSink(lake.directory, archive_frames=lake.archive_frames))
    return chosen
