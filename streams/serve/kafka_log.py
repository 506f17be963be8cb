"""The fleet's log in Kafka: commands go there; what is registered is read from the fleet stage's state."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
import structlog
from aiokafka.errors import KafkaError as ReadError
from kafka import KafkaProducer
from kafka.errors import KafkaError

import twin.fleet.state
from streams.committed import committed
from streams.fleet_commands import log_topic, say
from streams.fleet_rules import load_rules
from streams.fleet_statelog import Pieces
from streams.logs import quiet_clients
from streams.serve.commands_log import Command, LogError, Origin
from streams.settings import Settings
from twin.fleet.prospects import SUMMED
from twin.fleet.state import FleetState
from twin.fleet.units import UNKNOWN

AGAIN_S = 600.0
CONNECT_MS = 10_000
READ_S = 120.0
log = structlog.get_logger()


class KafkaLog:
    """See ``FleetLog``. The state is read every ten minutes; while it cannot be, what was read before counts."""

    takes_commands = True

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._rules = load_rules(settings.fleet_rules)
        self._known: list[Origin] = []
        self._read_at: float | None = None

    def origins(self) -> list[Origin]:
        """See ``FleetLog``."""
        if self._read_at is None or self._clock() - self._read_at > AGAIN_S:
            try:
                with quiet_clients():
                    saved = asyncio.run(asyncio.wait_for(self._saved(), READ_S))
                if saved is not None:
                    maker = self._settings.maker
                    self._known = origins(twin.fleet.state.restore(saved, maker, "", self._rules))
            except (ReadError, OSError, TimeoutError, ValueError) as error:
                problem = f"{self._settings.topic('fleet')} at {self._settings.brokers}: {error!r}"
                if self._read_at is None:
                    raise LogError(problem) from None
                log.warning("the registry cannot be read, the last one stays", problem=problem)
            self._read_at = self._clock()
        return self._known

    def commands(self) -> list[Command]:
        """See ``FleetLog``: the fleet stage answers them."""
        return []

    def say(self, command: Command) -> None:
        """See ``FleetLog``."""
        try:
            producer = KafkaProducer(
                bootstrap_servers=self._settings.bootstrap, bootstrap_timeout_ms=CONNECT_MS, acks="all"
            )
            try:
                say(producer, command)
            finally:
                producer.close(timeout=1)
        except (KafkaError, OSError) as error:
            where = f"{log_topic(command.maker)} at {self._settings.brokers}"
            raise LogError(f"{where} did not take the command: {error}") from None

    async def _saved(self) -> bytes | None:
        pieces = Pieces()
        async for record in committed(self._settings.bootstrap, self._settings.topic("fleet"), 1):
            pieces.put(record.key, record.value)
        saved = pieces.take()
        return saved.closed if saved else None


def origins(state: FleetState) -> list[Origin]:
    """What the fleet stage knows from its log of all units that were registered."""
    units, since_day = state.units, state.ages.rows["since_day"][:, : len(SUMMED)]
    renewed = since_day > since_day.min(axis=1, keepdims=True)
    found = []
    for at, name in enumerate(units.names):
        facts = [units.word(kind, at) for kind in ("plant", "batch", "mounting", "vehicle", "hardware")]
        plant, batch, mounting, vehicle, hardware = (None if word == UNKNOWN else word for word in facts)
        if plant:
            replaced = frozenset(SUMMED[what].name.lower() for what in np.flatnonzero(renewed[at]))
            found.append(Origin(name, plant, batch, mounting, vehicle, hardware, replaced=replaced))
    return found
