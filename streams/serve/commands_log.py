"""The fleet's log for the API: what is registered of units, and where commands about alerts go."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.daily import RENEWS, Acknowledge, Registration, ServiceEvent, Snooze
from streams import log_files

Command = Acknowledge | Snooze


class Origin(NamedTuple):
    """What is registered of a unit; None: it is not known."""

    unit: str
    plant: str | None
    batch: str | None
    mounting: str | None
    vehicle: str | None
    hardware: str | None
    built: date | None = None
    replaced: frozenset[str] = frozenset()
    """Components whose part was replaced: what ``edu_health`` says of them is of the unit's whole life."""


class LogError(Exception):
    """The log cannot be read or does not take a record; the message says where and why."""


class FleetLog(Protocol):
    """May be called from several threads; any method may raise LogError."""

    takes_commands: bool

    def origins(self) -> list[Origin]:
        """What is registered of each unit."""

    def commands(self) -> list[Command]:
        """Commands that no fleet stage answers: they count as they stand here, in their order."""

    def say(self, command: Command) -> None:
        """Write a command; it is durable when this returns."""


class NoLog:
    """Where there is none."""

    takes_commands = False

    def origins(self) -> list[Origin]:
        """See ``FleetLog``."""
        return []

    def commands(self) -> list[Command]:
        """See ``FleetLog``."""
        return []

    def say(self, command: Command) -> None:
        """See ``FleetLog``."""
        raise LogError("there is no fleet's log here: start with --log, or with Kafka")


class FileLog:
    """A file as of ``edu-twin log``, beside a lake that no fleet stage writes to any more."""

    takes_commands = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[float, list[log_files.Entry]] = (-1.0, [])

    def origins(self) -> list[Origin]:
        """See ``FleetLog``."""
        newest = {one.unit: one for one in self._entries() if isinstance(one, Registration)}
        renewed: dict[str, set[str]] = defaultdict(set)
        for one in self._entries():
            if isinstance(one, ServiceEvent) and one.action == "replaced":
                renewed[one.unit] |= {component.name.lower() for component in RENEWS.get(one.part, ())}
        return [
            Origin(
                *(unit, one.plant, one.batch, one.mounting.value, one.vehicle, one.hardware or None, one.built),
                frozenset(renewed[unit]),
            )
            for unit, one in newest.items()
        ]

    def commands(self) -> list[Command]:
        """See ``FleetLog``."""
        return [one for one in self._entries() if isinstance(one, Acknowledge | Snooze)]

    def say(self, command: Command) -> None:
        """See ``FleetLog``."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(log_files.lines([command]))
        except OSError as error:
            raise LogError(f"{self._path}: {error.strerror}") from None

    def _entries(self) -> list[log_files.Entry]:
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read[0]:
                self._read = (changed, log_files.read(self._path))
        except (OSError, log_files.LogFileError) as error:
            raise LogError(f"{self._path}: {getattr(error, 'strerror', None) or error}") from None
        return self._read[1]
