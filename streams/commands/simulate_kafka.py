"""A simulated fleet into Kafka, and its truth into a topic of its own beside the telemetry."""

from typing import TYPE_CHECKING, Any

from streams.addresses import broker_list
from streams.commands.errors import UNAVAILABLE, UserError

if TYPE_CHECKING:
    from streams.sources.fleet import Plan
    from streams.sources.plant import PlantSource, Watch
    from twin.plant.unit import Drive

KEPT_MS = 7 * 86_400_000  # as long as the telemetry
MOST_SAMPLES = 600  # a record stays far below 1 MB
_FLUSH_TIMEOUT_S = 120
_CONNECT_TIMEOUT_MS = 15_000


def make_topic(brokers: str, topic: str, partitions: int) -> None:
    """Create the topic where it is missing: only simulations have one, so ``edu-twin setup`` does not."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError, TopicAlreadyExistsError

    options = {
        "num_partitions": partitions,
        "replication_factor": -1,  # the broker's default
        "configs": {"cleanup.policy": "delete", "retention.ms": str(KEPT_MS)},
    }
    try:
        admin = KafkaAdminClient(bootstrap_servers=broker_list(brokers), bootstrap_timeout_ms=_CONNECT_TIMEOUT_MS)
        try:
            admin.create_topics({topic: options}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            pass
        finally:
            admin.close()
    except KafkaError as error:
        raise UserError(f"{topic}: the broker does not create it ({error})", UNAVAILABLE) from None


class TruthTopic:
    """A ``Watch`` of the source: sends what it sees by the unit's key. Up to an hour ahead of the unit's frames."""

    def __init__(self, producer: Any, source: "PlantSource", topic: str) -> None:
        plan = source.plan
        self._producer, self._topic = producer, topic
        self._samples = min(plan.frame_s * plan.rate, MOST_SAMPLES)
        self._identities = {unit.name: source.identity(unit, plan.start_s) for unit in plan.units}
        self._failures: list[Exception] = []
        self.sent = 0

    def see(self, unit: str, drive: "Drive") -> None:
        """Send the truth of a drive, cut as its frames are."""
        from schemas.truth import TRUTH_CONTENT_TYPE
        from streams.sources.truth import truth_records

        headers = [("content-type", TRUTH_CONTENT_TYPE.encode())]
        for record in truth_records(self._identities[unit], drive, self._samples):
            value = record.model_dump_json().encode()
            future = self._producer.send(self._topic, value, key=unit.encode(), headers=headers)
            future.add_errback(self._failures.append)
            self.sent += 1

    def finish(self) -> None:
        """Return when the broker has everything; UserError when it does not take it."""
        from kafka.errors import KafkaError

        try:
            self._producer.flush(timeout=_FLUSH_TIMEOUT_S)
        except KafkaError as error:
            self._failures.append(error)
        if self._failures:
            raise UserError(f"{self._topic}: the broker did not take a record: {self._failures[0]}", UNAVAILABLE)


def to_kafka(plan: "Plan", watch: "Watch | None", brokers: str, speed: float, int16: bool) -> dict[str, object]:
    """One maker's fleet to its telemetry topic, and the truth to a topic beside it."""
    from streams.commands.progress import bar
    from streams.commands.publish import connect, send
    from streams.sources.plant import PlantSource

    topic, beside = f"edu.{plan.maker}.telemetry.v1", f"edu.{plan.maker}.truth.v1"
    producer, partitions = connect(brokers, topic, "--kafka")
    try:
        make_topic(brokers, beside, len(partitions))
        source = PlantSource(plan)
        known = TruthTopic(producer, source, beside)
        source.watch = both(known.see, watch) if watch else known.see
        with bar(f"{plan.maker} to {topic}", source.frames) as shown:
            report = send(producer, topic, partitions, source, speed, int16, shown)
        known.finish()
    finally:
        producer.close(timeout=1)
    return {"maker": plan.maker, "to": topic} | report | {"truth": beside, "truth_records": known.sent}


def both(first: "Watch", second: "Watch") -> "Watch":
    """A watch that tells two."""

    def see(unit: str, drive: "Drive") -> None:
        first(unit, drive)
        second(unit, drive)

    return see
