"""``edu-twin explain``: what is behind one estimate of one unit."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError


def explain(
    lake: Annotated[Path, typer.Option(help="Lake with archived raw frames.", file_okay=False)],
    unit: Annotated[str, typer.Option(help="The unit.")],
    at: Annotated[
        str, typer.Option(help="Moment, UTC, ISO 8601 (2026-07-06T08:30:00); default: the end of what is archived.")
    ] = "",
    variants: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Replay a unit from the archive up to a moment, and take apart the last second the twin had closed by then:
    inputs, losses, heat balance of every node, and what each sensor's reading changed.
    """
    from streams.commands import explain_table
    from streams.explain import HistoryError, moment
    from streams.sinks.lake import connect
    from twin.explain import explain as take_apart

    try:
        connection = connect(lake)
    except FileNotFoundError as error:
        raise UserError(str(error)) from None
    try:
        found = moment(connection, unit, _time_us(at), opening.open_twins(variants))
    except HistoryError as error:
        raise UserError(str(error)) from None
    explanation = take_apart(found.twin, found.step)
    if not as_json:
        explain_table.show(unit, found, explanation)
        return
    sample = found.step.sample
    report: dict[str, Any] = {
        "unit": unit,
        "variant": found.twin.name,
        "model_version": found.twin.model_version,
        "snapshot_us": found.snapshot_us,
        "frames": found.frames,
        "inputs": {name: float(sample[name][0]) for name in sample.dtype.names or ()},
        **asdict(explanation),
    }
    typer.echo(json.dumps(_plain(report)))


def _time_us(text: str) -> int:
    """Microseconds UTC; an empty text is the end of all time."""
    if not text:
        return (1 << 62) - 1
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--at {text!r} is no time; write it like 2026-07-06T08:30:00 (UTC)") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1e6)


def _plain(value: Any) -> Any:
    """As JSON can say it: arrays as lists, what is not known as null."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if value != value else value
