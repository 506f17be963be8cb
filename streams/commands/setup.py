"""``edu-twin setup``: topics and buckets of a maker."""

import typer

from streams.commands.configured import configured
from streams.commands.errors import UNAVAILABLE, UserError


def setup() -> None:
    """Create topics and buckets that are missing; may be run any number of times."""
    from streams import setup as steps
    from streams.buckets import SetupError

    settings = configured()
    try:
        for line in steps.setup(settings):
            typer.echo(line)
    except SetupError as error:
        raise UserError(str(error), UNAVAILABLE) from None
