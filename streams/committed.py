"""Everything a topic holds now, as a reader of committed records sees it: for tools that look and go."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord


async def committed(brokers: list[str], topic: str, partitions: int) -> AsyncIterator[ConsumerRecord]:
    """Records of all partitions, one partition after the other, up to their ends. KafkaError when nobody answers."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    try:
        await consumer.start()
        numbered = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(numbered)
        ends = await consumer.end_offsets(numbered)
        for partition in numbered:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, ()):
                    yield record
    finally:
        await consumer.stop()
