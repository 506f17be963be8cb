"""Registrations, service events and commands as a file: a JSON object a line whose ``type`` says which."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from schemas.daily import Acknowledge, Registration, ServiceEvent, Snooze

Entry = Registration | ServiceEvent | Acknowledge | Snooze
TYPES: dict[str, type[Entry]] = {
    "registration": Registration,
    "service_event": ServiceEvent,
    "acknowledge": Acknowledge,
    "snooze": Snooze,
}


class LogFileError(ValueError):
    """Lines that are no entry; one reason each, with its line number."""


def read(path: Path) -> list[Entry]:
    """All entries in their order; LogFileError when any line is wrong, OSError when the file cannot be read."""
    entries, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                entries.append(_entry(line))
            except ValueError as error:
                problems.append(f"{path}:{number}: {_reason(error)}")
    if problems:
        raise LogFileError("\n".join(problems))
    return entries


def lines(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of a file."""
    names = {model: name for name, model in TYPES.items()}
    for entry in entries:
        yield json.dumps({"type": names[type(entry)], **entry.model_dump(mode="json", exclude_defaults=True)}) + "\n"


def _entry(line: str) -> Entry:
    fields = json.loads(line)
    if not isinstance(fields, dict) or fields.get("type") not in TYPES:
        raise ValueError(f'"type" must be one of {", ".join(TYPES)}')
    return TYPES[fields.pop("type")].model_validate_json(json.dumps(fields))


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return str(error)
