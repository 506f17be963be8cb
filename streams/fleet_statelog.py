"""The fleet stage's state in its compacted topic, and in the same transactions the alerts it tells.

Both parts of a cut are cut into pieces of at most PIECE_BYTES, ``closed/0000`` and so on; a piece that is the same as
the one saved last is not written again. A record MARK_KEY comes last and says how far the input is contained and how
many pieces there are.
"""

import asyncio
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

from schemas.fleet_alerts import FleetAlert
from streams.fleet_pipeline import FleetCut
from streams.records import LogRecord
from streams.settings import Settings
from streams.sinks.kafka_messages import fleet_alert_record
from streams.statelog import FencedLog
from streams.strays import strays_as_errors

PIECE_BYTES = 1 << 20
MARK_KEY = b"mark"


class Saved(NamedTuple):
    """What was saved of a fleet."""

    closed: bytes
    waiting: bytes
    mark: int


class Pieces:
    """Collects the records of the topic."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def put(self, key: bytes, value: bytes | None) -> None:
        """The newest of each key counts."""
        if value is not None:
            self.values[key] = value

    def take(self) -> Saved | None:
        """The whole; None when nothing was ever saved. ValueError when pieces are missing."""
        if MARK_KEY not in self.values:
            return None
        said = orjson.loads(self.values[MARK_KEY])
        return Saved(self._join("closed", said["closed"]), self._join("waiting", said["waiting"]), said["mark"])

    def _join(self, name: str, count: int) -> bytes:
        keys = [_key(name, number) for number in range(count)]
        if missing := [key.decode() for key in keys if key not in self.values]:
            raise ValueError(f"the fleet's state has lost {', '.join(missing)}")
        return b"".join(self.values[key] for key in keys)


class FleetStateLog(FencedLog):
    """The one partition of the fleet stage."""

    def __init__(self, settings: Settings, partition: int) -> None:
        topic, timeout_s = settings.topic("fleet"), settings.transaction_timeout_s
        super().__init__(settings.bootstrap, topic, partition, timeout_s)
        self._alerts = settings.topic("alerts")
        self._pieces = Pieces()
        self._written: dict[bytes, bytes] = {}

    async def read(self) -> Saved | None:
        """What was saved last, None when nothing was; KafkaError like ``open``."""
        await self.collect(self._pieces)
        saved = self._pieces.take()
        self._written = {key: _digest(value) for key, value in self._pieces.values.items()}
        self._pieces = Pieces()
        self._end = 0  # the whole is read each time: it is one unit's worth of records for a thousand units
        self.mark = saved.mark if saved else None
        return saved

    async def save(self, cut: FleetCut, mark: int) -> None:
        """Write the cut, its alerts and its mark in one transaction; after any exception do not use this log again."""
        producer = self._opened()
        with strays_as_errors():
            async with producer.transaction():
                await self.tell(producer, cut.told)
                await self.send(producer, self.name, self.partition, list(self._records(cut, mark)))
        self.mark = mark

    async def tell(self, producer: AIOKafkaProducer, told: Sequence[FleetAlert]) -> None:
        """Send alerts to their topic, each to its subject's partition, inside the open transaction."""
        records = map(fleet_alert_record, told)
        sends = [
            await producer.send(self._alerts, record.value, record.key, headers=list(record.headers))
            for record in records
        ]
        await asyncio.gather(*sends)

    def _records(self, cut: FleetCut, mark: int) -> Iterator[LogRecord]:
        counts = {}
        for name, whole in (("closed", cut.closed), ("waiting", cut.waiting)):
            starts = range(0, len(whole), PIECE_BYTES)
            counts[name] = len(starts)
            for number, start in enumerate(starts):
                key, piece = _key(name, number), whole[start : start + PIECE_BYTES]
                if self._written.get(key) != (digest := _digest(piece)):
                    self._written[key] = digest
                    yield LogRecord(key, piece, ())
        yield LogRecord(MARK_KEY, orjson.dumps({"mark": mark, **counts}), ())


def _key(name: str, number: int) -> bytes:
    return f"{name}/{number:04d}".encode()


def _digest(piece: bytes) -> bytes:
    return blake2b(piece, digest_size=16).digest()
