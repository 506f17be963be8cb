"""What a maker needs before its first worker: topics and InfluxDB buckets. May be run any number of times."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.buckets import SetupError, create_buckets
from streams.logs import quiet_clients
from streams.settings import Settings
from streams.statelog import MAX_VALUE_BYTES

DAY_MS = 86_400_000
ALERT_PARTITIONS = 3
log = structlog.get_logger()


@dataclass(frozen=True)
class Topic:
    """A topic as it must be; ``configs`` are Kafka's names and values."""

    name: str
    partitions: int
    configs: Mapping[str, str]


def topics(settings: Settings) -> list[Topic]:
    """All topics of the maker."""

    def kept(name: str, partitions: int, days: int, **more: str) -> Topic:
        configs = {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS)}
        return Topic(settings.topic(name), partitions, configs | {k.replace("_", "."): v for k, v in more.items()})

    compacted = {"cleanup.policy": "compact", "max.message.bytes": str(MAX_VALUE_BYTES)}
    count = settings.partitions
    return [
        # The clock rule compares a frame's time with the broker's append time.
        kept("telemetry", count, 7, message_timestamp_type="LogAppendTime"),
        kept("telemetry.late", count, 30),
        kept("telemetry.dlq", count, 30),
        Topic(settings.topic("state"), count, compacted),
        kept("daily", 1, 60),
        Topic(settings.topic("fleet"), 1, compacted),
        kept("alerts", ALERT_PARTITIONS, 90),
    ]


def create_topics(settings: Settings) -> list[str]:
    """Create missing topics; a line per topic. SetupError when one that exists does not fit."""
    wanted = topics(settings)
    with _admin(settings) as admin:
        existing = {topic["name"] for topic in _described(admin, wanted)}
        report = [f"topic {topic.name}: exists" for topic in wanted if topic.name in existing]
        for topic in wanted:
            if topic.name not in existing:
                _create(admin, topic, settings.replication)
                report.append(f"topic {topic.name}: created, {topic.partitions} partitions")
        if problems := mismatches(_described(admin, wanted), _configs(admin, wanted), wanted):
            raise SetupError("\n".join(problems))
    return report


def await_topics(settings: Settings, names: tuple[str, ...] = ("telemetry", "state", "daily")) -> None:
    """Return when the broker answers and these topics fit; SetupError says what is wrong after ``start_timeout_s``."""
    full = {settings.topic(name) for name in names}
    wanted = [topic for topic in topics(settings) if topic.name in full]
    with _admin(settings) as admin:
        problems = mismatches(_described(admin, wanted), _configs(admin, wanted), wanted)
    if problems:
        raise SetupError("\n".join(problems))


def mismatches(
    described: list[dict[str, Any]], configs: Mapping[str, Mapping[str, str]], wanted: list[Topic]
) -> list[str]:
    """What is wrong with existing topics and what to do about it, one line per finding."""
    partitions = {topic["name"]: len(topic["partitions"]) for topic in described}
    problems = []
    for topic in wanted:
        found = partitions.get(topic.name)
        if found is None:
            problems.append(f"topic {topic.name} is missing: run edu-twin setup")
        elif found != topic.partitions:
            problems.append(
                f"topic {topic.name} has {found} partitions, {topic.partitions} are set. The number is fixed at first "
                f"use, because units belong to partitions: set EDU_TWIN_PARTITIONS={found}, or use a new maker name"
            )
        for key in ("cleanup.policy", "message.timestamp.type"):
            value, actual = topic.configs.get(key), configs.get(topic.name, {}).get(key)
            if value and actual and value != actual:
                problems.append(f"topic {topic.name} has {key}={actual}, needs {value}: alter its configuration")
    return problems


def setup(settings: Settings) -> list[str]:
    """Everything, waiting for the servers to come up; a line for each thing done or found."""
    return create_topics(settings) + create_buckets(settings)


def _create(admin: Any, topic: Topic, replication: int) -> None:
    configs = dict(topic.configs) | ({"min.insync.replicas": "2"} if replication > 2 else {})
    options = {"num_partitions": topic.partitions, "replication_factor": replication, "configs": configs}
    try:
        admin.create_topics({topic.name: options}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        log.info("another process created the topic", topic=topic.name)


def _described(admin: Any, wanted: list[Topic]) -> list[dict[str, Any]]:
    """Topics that exist, as the broker describes them."""
    names = [topic.name for topic in wanted]
    return [topic for topic in admin.describe_topics(names) if topic["error_code"] == 0]


def _configs(admin: Any, wanted: list[Topic]) -> dict[str, dict[str, str]]:
    """Value of every configuration of the topics that exist."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in wanted]
    found = admin.describe_configs(resources, config_filter="all").get("topic", {})
    return {name: {key: item["value"] for key, item in items.items()} for name, items in found.items()}


@contextmanager
def _admin(settings: Settings) -> Iterator[Any]:
    timeout_ms = int(settings.start_timeout_s * 1000)
    try:
        with quiet_clients():
            admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap, bootstrap_timeout_ms=timeout_ms)
    except KafkaError as error:
        where = f"{settings.brokers} within {settings.start_timeout_s:.0f} s"
        raise SetupError(f"no Kafka broker answers at {where}: check EDU_TWIN_BROKERS ({error})") from None
    try:
        yield admin
    finally:
        admin.close()
