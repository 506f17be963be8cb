"""``edu-twin worker``: telemetry of one maker through the twins into the sinks, until SIGTERM."""

from typing import Annotated

import typer

from streams.settings import load, printable


def worker(
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Show all settings, secrets masked, and end.")
    ] = False,
) -> None:
    """Run a worker of the consumer group; everything is set by environment variables EDU_TWIN_…"""
    try:
        settings = load()
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if print_config:
        typer.echo("\n".join(printable(settings)))
        return
    # Importing Faust and numba takes a second that --print-config should not.
    from streams import assembly, logs, worker
    from streams.setup import SetupError, await_topics

    logs.configure(settings.log_level)
    app = assembly.build(settings)
    try:
        await_topics(settings)
    except SetupError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    worker.run(app)
