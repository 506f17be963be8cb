"""``edu-twin``: the command line. Each verb is a file in streams/commands.

Exit codes: 0 done, 1 defect of ours (with a traceback), 2 wrong options, files or maps, 3 a server does not answer or
is not set up, 70 the worker must be restarted by its supervisor, 130 interrupted. Results go to stdout, progress and
errors to stderr; NO_COLOR is honoured.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from streams.commands.alerts import alerts
from streams.commands.demo import demo
from streams.commands.errors import UserError
from streams.commands.explain import explain
from streams.commands.fleet import fleet
from streams.commands.forecast import forecast
from streams.commands.identify import identify
from streams.commands.lake import lake
from streams.commands.log import log
from streams.commands.notify import notify
from streams.commands.publish import publish
from streams.commands.replay import replay
from streams.commands.serve import serve
from streams.commands.setup import setup
from streams.commands.simulate import simulate
from streams.commands.stack import stack
from streams.commands.variants import variants
from streams.commands.worker import worker


class _Group(TyperGroup):
    """Turns a UserError of any command into one line on stderr and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            typer.echo(f"edu-twin: {error}", err=True)
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    name="edu-twin",
    cls=_Group,
    help="Digital twins of electric drive units: Kafka, numba twins, InfluxDB, Grafana.",
    epilog="Exit codes: 0 done, 1 defect, 2 wrong input, 3 server unavailable, 70 restart me, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"edu-twin {version('edu-twin')}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Digital twins of electric drive units: Kafka, numba twins, InfluxDB, Grafana."""


for verb in (demo, setup, worker, fleet, notify, serve, publish, replay, simulate, log, explain, forecast, identify):
    app.command()(verb)
app.add_typer(alerts, name="alerts")
app.add_typer(lake, name="lake")
app.add_typer(stack, name="stack")
app.add_typer(variants, name="variants")

if __name__ == "__main__":
    app()
