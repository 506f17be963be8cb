"""``edu-twin serve``: the twin API and the page, until SIGTERM."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.configured import PrintConfigOption, configured
from streams.commands.errors import UNAVAILABLE, UserError
from streams.commands.opening import VariantsOption

if TYPE_CHECKING:
    from streams.serve.commands_log import FleetLog
    from streams.serve.reader import Reader
    from streams.settings import ServeSettings, Settings


def serve(
    lake: Annotated[
        Path | None, typer.Option(help="Serve this lake alone: no server is asked.", file_okay=False)
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            help="The fleet's log as a file beside --lake: registrations, and where commands go.", dir_okay=False
        ),
    ] = None,
    variants: VariantsOption = None,
    print_config: PrintConfigOption = False,
) -> None:
    """Serve API (/v1/...) and page: of InfluxDB if EDU_TWIN_INFLUX__URL is set, else of the lake in
    EDU_TWIN_LAKE__DIRECTORY, with commands to the fleet's log in Kafka; or of a lake alone.
    """
    from streams.serve.commands_log import FileLog, NoLog

    if lake is not None and not print_config:
        serve_lake(lake, FileLog(log) if log else NoLog(), variants)
        return
    settings = configured(print_config)
    if log is not None:
        raise UserError("--log: only with --lake; without it commands go to the fleet's log in Kafka")
    run(_reader(settings), _kafka_log(settings), settings.serve, variants or settings.variants)


def _reader(settings: "Settings") -> "Reader":
    from streams.serve.influx_reader import InfluxReader
    from streams.serve.lake_reader import LakeReader

    if settings.influx.url:
        return InfluxReader(settings.influx)
    if settings.lake.directory is None:
        raise UserError("say where results are: EDU_TWIN_INFLUX__URL, EDU_TWIN_LAKE__DIRECTORY or --lake")
    try:
        return LakeReader(settings.lake.directory)
    except FileNotFoundError as error:
        raise UserError(str(error)) from None


def _kafka_log(settings: "Settings") -> "FleetLog":
    from streams.serve.kafka_log import KafkaLog

    try:
        return KafkaLog(settings)
    except ValueError as error:
        raise UserError(str(error)) from None


def serve_lake(lake: Path, log: "FleetLog", variants: Path | None, *, open_browser: bool = False) -> None:
    """Until SIGTERM or Ctrl-C; UserError when there is no lake, or nobody can be served."""
    from streams.serve.lake_reader import LakeReader
    from streams.settings import load_serve

    try:
        settings, reader = load_serve(), LakeReader(lake)
    except (ValueError, FileNotFoundError) as error:
        raise UserError(str(error)) from None
    run(reader, log, settings, variants, open_browser=open_browser)


def run(
    reader: "Reader", log: "FleetLog", settings: "ServeSettings", variants: Path | None, *, open_browser: bool = False
) -> None:
    """Serve what a reader reads."""
    from streams.serve.commands_log import LogError
    from streams.serve.fleet_view import FleetView
    from streams.serve.reader import ReaderError
    from streams.serve.web.server import PortError, run_until_told
    from twin.variants import VariantError

    def ready(url: str) -> None:
        typer.echo(f"page     {url}  (Ctrl-C ends)")
        if open_browser:
            typer.launch(url)

    view = FleetView(reader, log)
    try:
        view.refresh()
        run_until_told(view, settings, variants, ready)
    except (VariantError, PortError) as error:
        raise UserError(str(error)) from None
    except (ReaderError, LogError) as error:
        raise UserError(str(error), UNAVAILABLE) from None
    finally:
        reader.close()
