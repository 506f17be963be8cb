"""``edu-twin setup``: topics and buckets of a maker."""

import typer

from streams.settings import load
from streams.setup import SetupError
from streams.setup import setup as set_up


def setup() -> None:
    """Create topics and buckets that are missing; may be run any number of times."""
    try:
        for line in set_up(load()):
            typer.echo(line)
    except (SetupError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
