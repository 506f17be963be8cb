"""Registrations and service events: what is let through, and that every way of writing them says the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas.components import Component
from schemas.daily import RENEWS, Mounting, Part, Registration, ServiceEvent
from streams.cli import app
from streams.fleet_log import decode, encode
from streams.log_files import LogFileError, lines, read
from streams.records import Message

REGISTRATION: dict[str, Any] = {
    "type": "registration",
    "unit": "u-1",
    "maker": "bmw",
    "variant": "bmw-gen5-rear",
    "vehicle": "car-1",
    "mounting": "rear",
    "plant": "dingolfing",
    "built": "2025-11-03",
    "batch": "b-44",
    "fitted_at_km": 12.0,
}
EVENT: dict[str, Any] = {
    "type": "service_event",
    "unit": "u-1",
    "maker": "bmw",
    "action": "replaced",
    "part": "power_module",
    "time_us": 1_772_366_400_000_000,
    "version": "B2",
}


def written(folder: Path, *entries: Any) -> Path:
    path = folder / "entries.jsonl"
    path.write_text("\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries))
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    registration, event = read(written(tmp_path, REGISTRATION, "", EVENT))
    assert isinstance(registration, Registration)
    assert (registration.mounting, registration.fitted_at_km) == (Mounting.REAR, 12.0)
    assert isinstance(event, ServiceEvent)
    assert event.part is Part.POWER_MODULE
    again = tmp_path / "again.jsonl"
    again.write_text("".join(lines([registration, event])))
    assert read(again) == [registration, event]


def test_every_component_is_renewed_by_one_part_and_by_a_new_unit() -> None:
    renewed = [component for part, components in RENEWS.items() if part is not Part.UNIT for component in components]
    assert sorted(renewed) == sorted(Component)
    assert RENEWS[Part.UNIT] == tuple(Component)


def test_a_record_of_the_log_is_what_it_was_made_of_and_keeps_its_id(tmp_path: Path) -> None:
    for entry in read(written(tmp_path, REGISTRATION, EVENT)):
        (record,) = encode(entry)
        assert decode(Message(record.key, record.value, record.headers, 0, 0)) == entry
        assert list(encode(entry)) == [record]
        assert record.key == b"u-1"


def test_a_corrected_registration_is_another_record(tmp_path: Path) -> None:
    entries = read(written(tmp_path, REGISTRATION, REGISTRATION | {"plant": "leipzig"}))
    ids = [dict(record.headers)["ce_id"] for entry in entries for record in encode(entry)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("no json", "Expecting value"),
        ("[]", '"type" must be one of'),
        (EVENT | {"type": "day_part"}, '"type" must be one of'),
        (EVENT | {"part": "radio"}, "part"),
        (EVENT | {"time_us": -1}, "time_us"),
        (EVENT | {"driver": "x"}, "driver: Extra inputs are not permitted"),
        (REGISTRATION | {"built": "2025-13-03"}, "built"),
        (REGISTRATION | {"vehicle": "WBA1A11010K123456"}, "could be a VIN"),
        ({key: value for key, value in REGISTRATION.items() if key != "plant"}, "plant: Field required"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(tmp_path: Path, entry: Any, reason: str) -> None:
    with pytest.raises(LogFileError, match=reason) as refused:
        read(written(tmp_path, REGISTRATION, entry))
    assert "entries.jsonl:2: " in str(refused.value)


def test_the_command_adds_to_a_file_all_or_nothing(tmp_path: Path) -> None:
    target, runner = tmp_path / "fleet.jsonl", CliRunner()
    for _ in range(2):
        done = runner.invoke(app, ["log", str(written(tmp_path, REGISTRATION, EVENT)), "--out", str(target)])
        assert (done.exit_code, done.stdout) == (0, f"2 entries to {target}\n")
    assert len(read(target)) == 4
    wrong = written(tmp_path, REGISTRATION, EVENT | {"action": "lost"})
    done = runner.invoke(app, ["log", str(wrong), "--out", str(target)])
    assert (done.exit_code, len(read(target))) == (2, 4)
    assert "entries.jsonl:2: action" in done.stderr


@pytest.mark.parametrize("content", ["", None])
def test_a_file_without_entries_or_that_is_not_there_is_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "nothing"
    if content is not None:
        path.write_text(content)
    done = CliRunner().invoke(app, ["log", str(path)])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_entries_of_two_makers_do_not_go_to_one_topic(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["log", str(written(tmp_path, EVENT, EVENT | {"maker": "jlr"}))])
    assert done.exit_code == 2
    assert "one maker a file" in done.stderr
