"""``edu-twin log``: what is known of units beside their telemetry, into the fleet's log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.errors import UNAVAILABLE, UserError

if TYPE_CHECKING:
    from streams.log_files import Entry

_CONFIRM_S = 30


def log(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Registrations and service events, a JSON object a line.")
    ],
    brokers: Annotated[
        str, typer.Option(envvar="EDU_TWIN_BROKERS", help="Kafka, host:port, several with commas.")
    ] = "127.0.0.1:9092",
    out: Annotated[Path | None, typer.Option(help="Add to this file, for a replay, instead of to Kafka.")] = None,
) -> None:
    """Add registrations and service events to the fleet's log (edu.MAKER.daily.v1), all of FILE or nothing.

    Their place in the log decides what they mean: days written after them are of the unit as they say. JSON Schemas:
    schemas/generated/registration.json and service_event.json.
    """
    from streams.log_files import LogFileError, lines, read

    try:
        entries = read(file)
    except LogFileError as error:
        raise UserError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if not entries:
        raise UserError(f"{file}: no entries")
    if out is None:
        where = _send(entries, brokers, file)
    else:
        where = str(out)
        try:
            with out.open("a", encoding="utf-8") as target:
                target.writelines(lines(entries))
        except OSError as error:
            raise UserError(f"--out {out}: {error.strerror}") from None
    typer.echo(f"{len(entries)} entries to {where}")


def _send(entries: "list[Entry]", brokers: str, file: Path) -> str:
    """All in order; the topic."""
    from kafka.errors import KafkaError

    from streams.commands.publish import connect
    from streams.fleet_log import encode

    makers = sorted({entry.maker for entry in entries})
    if len(makers) > 1:
        raise UserError(f"{file}: entries of {' and '.join(makers)}: one maker a file")
    topic = f"edu.{makers[0]}.daily.v1"
    producer, _ = connect(brokers, topic)
    try:
        sent = [
            producer.send(topic, record.value, key=record.key, headers=list(record.headers), partition=0)
            for entry in entries
            for record in encode(entry)
        ]
        for future in sent:
            future.get(timeout=_CONFIRM_S)
    except KafkaError as error:
        raise UserError(f"{topic}: the broker did not take a record: {error}", UNAVAILABLE) from None
    finally:
        producer.close(timeout=1)
    return topic
