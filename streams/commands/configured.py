"""Settings of a command that runs until SIGTERM: from the environment, or printed."""

from typing import Annotated

import typer

from streams.commands.errors import UserError
from streams.settings import Settings, load, printable

PrintConfigOption = Annotated[bool, typer.Option("--print-config", help="Show all settings, secrets masked, and end.")]


def configured(print_config: bool = False) -> Settings:
    """All settings; UserError where one is wrong. To print them ends the command."""
    try:
        settings = load()
    except ValueError as error:
        raise UserError(str(error)) from None
    if print_config:
        typer.echo("\n".join(printable(settings)))
        raise typer.Exit
    return settings
