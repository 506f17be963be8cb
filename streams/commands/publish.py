"""``edu-twin publish``: recordings or a simulated fleet into Kafka, as the gateway of a maker would do."""

import json
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.addresses import broker_list
from streams.commands import opening
from streams.commands.errors import UNAVAILABLE, UserError
from streams.commands.opening import open_source

if TYPE_CHECKING:
    from streams.commands.progress import Bar
    from streams.sources import Source

CONNECT_TIMEOUT_MS = 15_000
_FLUSH_TIMEOUT_S = 120


def publish(
    source: opening.SourceArgument,
    column_map: opening.MapOption = "",
    brokers: Annotated[
        str, typer.Option(envvar="EDU_TWIN_BROKERS", help="Kafka, host:port, several with commas.")
    ] = "127.0.0.1:9092",
    maker: opening.MakerOption = "",
    speed: Annotated[
        float, typer.Option(min=0.0, help="Seconds of event time per second; 0: as fast as possible.")
    ] = 0.0,
    units: opening.UnitsOption = 30,
    days: opening.DaysOption = 7,
    seed: opening.SeedOption = 1,
    form: opening.FormOption = opening.Form.FLOAT32,
    as_json: opening.JsonOption = False,
) -> None:
    """Send SOURCE to the maker's telemetry topic, with the ticks of its event time in every partition.

    Workers that read it need EDU_TWIN_TICKS=source.
    """
    opened = open_source(source, column_map, maker, units, days, seed)
    topic = f"edu.{opened.maker}.telemetry.v1"
    producer, partitions = connect(brokers, topic)

    from streams.commands.progress import bar

    try:
        with bar(f"publish to {topic}", opened.frames) as shown:
            report = send(producer, topic, partitions, opened, speed, form is opening.Form.INT16, shown)
    finally:
        producer.close(timeout=1)
    if as_json:
        typer.echo(json.dumps(report))
    else:
        typer.echo(f"{report['frames']} frames and {report['ticks']} ticks to {topic} in {report['seconds']} s")


def connect(brokers: str, topic: str, option: str = "--brokers") -> tuple[Any, list[int]]:
    """A producer, and the partitions of the topic. ``option``: what names the brokers, for the user to check."""
    from kafka import KafkaAdminClient, KafkaProducer
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters is said by a UserError
    try:
        servers = broker_list(brokers)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None
    try:
        admin = KafkaAdminClient(bootstrap_servers=servers, bootstrap_timeout_ms=CONNECT_TIMEOUT_MS)
        (described,) = admin.describe_topics([topic])
        admin.close()
        if described["error_code"]:
            raise UserError(f"topic {topic} is missing at {brokers}: run edu-twin setup first", UNAVAILABLE)
        options = {"acks": "all", "enable_idempotence": True, "linger_ms": 20, "batch_size": 1 << 18}
        producer = KafkaProducer(bootstrap_servers=servers, bootstrap_timeout_ms=CONNECT_TIMEOUT_MS, **options)
    except (KafkaError, ValueError) as error:
        raise UserError(f"no Kafka broker answers at {brokers}: check {option} ({error})", UNAVAILABLE) from None
    return producer, sorted(partition["partition_index"] for partition in described["partitions"])


def send(
    producer: Any, topic: str, partitions: list[int], source: "Source", speed: float, int16: bool, shown: "Bar"
) -> dict[str, object]:
    """Everything in order: a unit's frames by its key, ticks into every partition."""
    from kafka.errors import KafkaError

    from streams.sources.records import is_tick, records

    lost: Counter[str] = Counter()
    failures: list[Exception] = []
    began_s, first_ms, counts = time.monotonic(), None, Counter[str]()
    try:
        for record in records(source, int16=int16, lost=lost):
            if is_tick(record):
                first_ms = record.timestamp if first_ms is None else first_ms
                if speed and counts["frames"] < source.frames:  # those that close everything follow at once
                    _wait(producer, began_s + (record.timestamp - first_ms) / 1000 / speed)
                for partition in partitions:
                    future = producer.send(topic, record.value, headers=list(record.headers), partition=partition)
                    future.add_errback(failures.append)
            else:
                future = producer.send(topic, record.value, key=record.key, headers=list(record.headers))
                future.add_errback(failures.append)
                shown.advance(1, record.timestamp * 1000)
            counts["ticks" if is_tick(record) else "frames"] += 1
            if failures:
                break
        producer.flush(timeout=_FLUSH_TIMEOUT_S)
    except KafkaError as error:
        failures.append(error)
    if failures:
        raise UserError(f"{topic}: the broker did not take a record: {failures[0]}", UNAVAILABLE)
    return {
        "topic": topic,
        "partitions": len(partitions),
        "units": len(source.units),
        **counts,
        "out_of_int16_range": {name: number for name, number in lost.items() if number},
        "seconds": round(time.monotonic() - began_s, 3),
    }


def _wait(producer: Any, until_s: float) -> None:
    """Sleep until a monotonic time, with everything sent that is due before it."""
    pause_s = until_s - time.monotonic()
    if pause_s > 0:
        producer.flush(timeout=_FLUSH_TIMEOUT_S)
        time.sleep(max(0.0, until_s - time.monotonic()))
