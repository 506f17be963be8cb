"""Cancellations that are not meant for us.

aiokafka's ``stop`` cancels its own pending requests and waits for them, so their CancelledError escapes; when a broker
goes, this happens in the middle of a restore. asyncio takes it for a cancellation of the task that waits: it would end
without a word, and with it the assignment of partitions for ever.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaConnectionError


def cancelled_by_someone() -> bool:
    """Whether the running task itself is asked to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def strays_as_errors() -> Iterator[None]:
    """Turn a stray cancellation into a KafkaConnectionError; let a real one through."""
    try:
        yield
    except asyncio.CancelledError as stray:
        if cancelled_by_someone():
            raise
        raise KafkaConnectionError("a request of the client was cancelled") from stray
