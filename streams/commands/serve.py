"""``edu-twin serve``: the twin API and the page, until SIGTERM."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.configured import PrintConfigOption, configured
from streams.commands.errors import UNAVAILABLE, UserError
from streams.commands.opening import VariantsOption

if TYPE_CHECKING:
    from streams.serve.commands_log import FleetLog
    from streams.serve.reader import Reader
    from streams.serve.web.server import Server
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
        with listening() as server, closing(_lake_reader(lake)) as reader:
            start(server, reader, FileLog(log) if log else NoLog(), variants)
            server.until_told(lambda: announce(server))
        return
    settings = configured(print_config)
    if log is not None:
        raise UserError("--log: only with --lake; without it commands go to the fleet's log in Kafka")
    with listening(settings.serve) as server, closing(_reader(settings)) as reader:
        start(server, reader, _kafka_log(settings), variants or settings.variants)
        server.until_told(lambda: announce(server))


def _reader(settings: "Settings") -> "Reader":
    from streams.serve.influx_reader import InfluxReader

    if settings.influx.url:
        return InfluxReader(settings.influx)
    if settings.lake.directory is None:
        raise UserError("say where results are: EDU_TWIN_INFLUX__URL, EDU_TWIN_LAKE__DIRECTORY or --lake")
    return _lake_reader(settings.lake.directory)


def _lake_reader(lake: Path) -> "Reader":
    from streams.serve.lake_reader import LakeReader

    try:
        return LakeReader(lake)
    except FileNotFoundError as error:
        raise UserError(str(error)) from None


def _kafka_log(settings: "Settings") -> "FleetLog":
    from streams.serve.kafka_log import KafkaLog

    try:
        return KafkaLog(settings)
    except ValueError as error:
        raise UserError(str(error)) from None


@contextmanager
def listening(settings: "ServeSettings | None" = None) -> "Iterator[Server]":
    """A server that has its port, as the environment says without ``settings``; UserError when it cannot have it."""
    from streams.serve.web.server import Server
    from streams.settings import load_serve

    try:
        server = Server(settings or load_serve())
    except ValueError as error:
        raise UserError(str(error)) from None
    with server:
        yield server


def start(
    server: "Server", reader: "Reader", log: "FleetLog", variants: Path | None, refresh_s: float | None = None
) -> None:
    """Serve what a reader reads, once it has been read."""
    from streams.serve.commands_log import LogError
    from streams.serve.fleet_view import FleetView
    from streams.serve.reader import ReaderError
    from twin.variants import VariantError

    view = FleetView(reader, log, grafana_url=server.grafana_url)
    try:
        view.refresh()
        server.start(view, variants, refresh_s)
    except VariantError as error:
        raise UserError(str(error)) from None
    except (ReaderError, LogError) as error:
        raise UserError(str(error), UNAVAILABLE) from None


def announce(server: "Server", *, open_browser: bool = False) -> None:
    """Say where the page is, and open it."""
    typer.echo(f"page     {server.url}  (Ctrl-C ends)")
    if open_browser:
        typer.launch(server.url)
