"""``edu-twin stack``: real Kafka and InfluxDB on this machine, without Docker."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from streams.commands.errors import UNAVAILABLE, UserError
from streams.commands.opening import JsonOption

stack = typer.Typer(help="Real Kafka and InfluxDB on this machine, without Docker.", no_args_is_help=True)

FolderOption = Annotated[Path, typer.Option("--folder", help="Where the servers keep their data.", file_okay=False)]

DEFAULT_FOLDER = Path(".edu-twin/stack")


@stack.command()
def up(folder: FolderOption = DEFAULT_FOLDER, as_json: JsonOption = False) -> None:
    """Start both in the background. The first time InfluxDB is built, which takes about ten minutes."""
    from deploy.local import up as start

    typer.echo("starting Kafka and InfluxDB", err=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        running = start(folder)
    except (OSError, RuntimeError) as error:
        raise UserError(f"the local stack did not start: {error}", UNAVAILABLE) from None
    if as_json:
        typer.echo(json.dumps(asdict(running)))
        return
    settings = {
        "BROKERS": running.bootstrap,
        "INFLUX__URL": running.url,
        "INFLUX__ORG": running.org,
        "INFLUX__TOKEN": running.token,
    }
    for name, value in settings.items():
        typer.echo(f"export EDU_TWIN_{name}={value}")


@stack.command()
def down(folder: FolderOption = DEFAULT_FOLDER) -> None:
    """Stop both; their data stays."""
    from deploy.local import down as stop

    stop(folder)
