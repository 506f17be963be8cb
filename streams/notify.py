"""From the alerts topic to people's tools, apart from the stages. Each tool is told at its own pace: one that is down
holds up nothing but itself.

A step is told until the tool has taken it, then its offset is committed: after a crash the last one may come again,
with the same id.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import aiohttp
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.notify_messages import RANK, Book, Step, step_of
from streams.records import Record
from streams.settings import NotifySettings, Settings
from streams.setup import ALERT_PARTITIONS

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
OVER_AFTER = 4.0
"""Alertmanager takes an alert for over after so many intervals without a word from us."""
AGAIN = (408, 425, 429)
log = structlog.get_logger()


class Tool(Protocol):
    """Somebody who is told."""

    name: str

    async def tell(self, step: Step, over: list[Step]) -> None:
        """A step, and the earlier ones whose labels it ends; returns when it is taken or refused for good."""

    async def repeat(self, book: Book) -> None:
        """Tell again what is open, for ever; returns where that is not wanted."""


class Webhook:
    """Gets every step as a CloudEvent in structured mode."""

    name = "webhook"

    def __init__(self, settings: NotifySettings, session: aiohttp.ClientSession) -> None:
        token = settings.webhook_token.get_secret_value()
        self._url, self._session = settings.webhook_url, session
        self._headers = {"Content-Type": "application/cloudevents+json"}
        self._headers |= {"Authorization": f"Bearer {token}"} if token else {}

    async def tell(self, step: Step, over: list[Step]) -> None:
        """See ``Tool``."""
        await _until_taken(self._session, self._url, step.event, self._headers)

    async def repeat(self, book: Book) -> None:
        """A step is told once."""


class Alertmanager:
    """Is told at once of what begins and ends, and every minute of all that is open, as it wants it (API v2)."""

    name = "alertmanager"

    def __init__(self, settings: NotifySettings, session: aiohttp.ClientSession, clock: Callable[[], float]) -> None:
        self._url = f"{settings.alertmanager_url.rstrip('/')}/api/v2/alerts"
        self._session, self._clock, self._repeat_s = session, clock, settings.repeat_s
        self._headers = {"Content-Type": "application/json"}

    async def tell(self, step: Step, over: list[Step]) -> None:
        """See ``Tool``."""
        await _until_taken(self._session, self._url, self._body([] if step.ends else [step], over), self._headers)

    async def repeat(self, book: Book) -> None:
        """See ``Tool``; what it does not take is told the next time."""
        while True:
            await asyncio.sleep(self._repeat_s)
            if book.open:
                body = self._body(book.open.values(), [])
                if problem := await _problem(self._session, self._url, body, self._headers):
                    log.warning("open alerts not taken", url=self._url, problem=problem[1])

    def _body(self, firing: Any, over: list[Step]) -> list[dict[str, Any]]:
        now_s = self._clock()
        ends_s = now_s + OVER_AFTER * self._repeat_s
        return [*(step.for_alertmanager(now_s, now_s) for step in over)] + [
            step.for_alertmanager(now_s, ends_s) for step in firing
        ]


class Notifier:
    """One maker's. Run one of them: two would tell everything twice."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock

    async def run(self) -> None:
        """For ever. KafkaError when the broker does not answer at the start."""
        settings = self._settings.notify
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(settings.timeout_s)) as session:
            tools: list[Tool] = [Webhook(settings, session)] if settings.webhook_url else []
            if settings.alertmanager_url:
                tools.append(Alertmanager(settings, session, self._clock))
            async with asyncio.TaskGroup() as group:
                for tool in tools:
                    group.create_task(self._serve(tool))

    async def _serve(self, tool: Tool) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            group_id=f"{self._settings.group}-notify-{tool.name}",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        book = Book()
        again = asyncio.create_task(tool.repeat(book))
        try:
            partitions = [TopicPartition(self._settings.topic("alerts"), number) for number in range(ALERT_PARTITIONS)]
            consumer.assign(partitions)
            known = await _marks(consumer, partitions)
            await consumer.seek_to_beginning(*partitions)  # what is open now is told by all that was
            async for record in consumer:
                partition = TopicPartition(record.topic, record.partition)
                new = record.offset >= known[partition]
                told = self._settings.notify
                await take(record, new, book, tool, told.least_severity, told.page_url)
                if new:
                    await consumer.commit({partition: record.offset + 1})
        finally:
            again.cancel()
            await consumer.stop()


async def take(record: Record, new: bool, book: Book, tool: Tool, least_severity: str, page_url: str = "") -> None:
    """One record of the alerts topic: into the book of what is open, and if it is new to the tool."""
    step = step_of(record, page_url)
    if isinstance(step, str):
        log.debug("nobody is told", offset=record.offset, why=step)
    elif RANK[step.severity] >= RANK[least_severity]:
        over = book.take(step)
        if new:
            await tool.tell(step, over)


async def _until_taken(session: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str]) -> None:
    pause_s = FIRST_PAUSE_S
    while problem := await _problem(session, url, body, headers):
        status, text = problem
        if 400 <= status < 500 and status not in AGAIN:
            log.error("notification refused, it is left out", url=url, problem=text)
            return
        log.warning("notification not taken, trying again", url=url, problem=text, pause_s=pause_s)
        await asyncio.sleep(pause_s)
        pause_s = min(2.0 * pause_s, LONGEST_PAUSE_S)


async def _problem(
    session: aiohttp.ClientSession, url: str, body: Any, headers: dict[str, str]
) -> tuple[int, str] | None:
    """What went wrong with one request: status, 0 for no answer, and words; None: it was taken."""
    try:
        async with session.post(url, json=body, headers=headers) as answer:
            if answer.status < 300:
                return None
            return answer.status, f"HTTP {answer.status} {(await answer.text())[:200]}"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return 0, repr(error)


async def _marks(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    """Where telling begins: what was committed; at the very first start the end, so that no old story is told."""
    ends = await consumer.end_offsets(partitions)
    marks = {partition: await consumer.committed(partition) for partition in partitions}
    fresh = {partition: ends[partition] for partition, mark in marks.items() if mark is None}
    if fresh:
        await consumer.commit(fresh)
    return {partition: ends[partition] if mark is None else mark for partition, mark in marks.items()}
