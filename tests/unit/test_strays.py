"""A cancellation that came out of a client is an error; one that is meant for us is obeyed."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.strays import strays_as_errors


async def client_that_cancels_its_own_request() -> None:
    request = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    request.cancel()
    await request


def test_a_stray_cancellation_is_an_error() -> None:
    async def story() -> None:
        with strays_as_errors():
            await client_that_cancels_its_own_request()

    with pytest.raises(KafkaConnectionError):
        asyncio.run(story())


def test_a_real_cancellation_passes() -> None:
    async def waits() -> None:
        with strays_as_errors():
            await asyncio.sleep(60)

    async def story() -> None:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(story())


def test_a_timeout_around_it_still_is_a_timeout() -> None:
    async def story() -> None:
        async with asyncio.timeout(0.01):
            with strays_as_errors():
                await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        asyncio.run(story())
