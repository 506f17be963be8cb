"""The same twin in a Faust agent as people write it: one event per message, Faust's own commits, the same sink.

``python -m tests.benchmarks.peers.faust_agent MAKER BROKER TOPIC GROUP INFLUX_URL TOKEN ORG BUCKET [--tuned]`` prints
``seconds samples`` on stdout as it goes. ``--tuned`` removes the fetch stall (short fetch wait, no leader topic) and
changes nothing else.
"""

import argparse
import tempfile
import time
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

from streams.pipeline import Pipeline
from streams.records import Message
from streams.sinks.influx import InfluxSink, LoggedRefusals
from tests.benchmarks.traffic import SAMPLES, VARIANT
from twin.twin import Twin
from twin.variants import load

REPORT_EVERY_S = 0.2
FETCH_WAIT_MS = 50


def shorten_fetch_wait() -> None:
    """Faust passes 1.5 s; see the fetch stall in the documentation of ``streams.transport``."""
    original = driver.AIOKafkaConsumerThread._create_worker_consumer

    def create(self: Any, transport: Any) -> Any:
        consumer = original(self, transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    driver.AIOKafkaConsumerThread._create_worker_consumer = create


def main() -> None:
    """Run until ended from outside."""
    parser = argparse.ArgumentParser()
    for name in ("maker", "broker", "topic", "group", "url", "token", "org", "bucket"):
        parser.add_argument(name)
    parser.add_argument("--tuned", action="store_true")
    options = parser.parse_args()
    if options.tuned:
        shorten_fetch_wait()
    app = faust.App(
        options.group,
        broker=f"kafka://{options.broker}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=options.tuned,
        consumer_auto_offset_reset="earliest",
        datadir=tempfile.mkdtemp(),
    )
    sink = InfluxSink(options.url, options.token, options.org, options.bucket, refusals=LoggedRefusals())
    twins = {VARIANT: Twin(load(VARIANT))}
    pipelines: dict[int, Pipeline] = {}
    done, reported_s = 0, 0.0

    @app.agent(app.topic(options.topic, key_serializer="raw", value_serializer="raw"))
    async def twin(stream: Any) -> None:
        nonlocal done, reported_s
        async for event in stream.events():
            message = event.message
            pipeline = pipelines.get(message.partition)
            if pipeline is None:
                pipeline = pipelines[message.partition] = Pipeline(message.partition, options.maker, twins, [sink])
            headers = tuple(message.headers or ())
            appended_ms = round(message.timestamp * 1000)
            pipeline.process([Message(message.key, message.value, headers, appended_ms, message.offset)])
            done += SAMPLES
            now_s = time.monotonic()
            if now_s - reported_s > REPORT_EVERY_S:
                reported_s = now_s
                print(f"{now_s:.3f} {done}", flush=True)

    @app.timer(interval=REPORT_EVERY_S)
    async def report() -> None:
        print(f"{time.monotonic():.3f} {done}", flush=True)

    faust.Worker(app, loglevel="error", quiet=True, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
