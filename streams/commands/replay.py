"""``edu-twin replay``: recordings or a simulated fleet through the pipeline, without a broker."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.addresses import checked_url
from streams.commands import opening
from streams.commands.errors import UserError
from streams.commands.opening import open_source, open_twins

if TYPE_CHECKING:
    from streams.sinks import Sink


def replay(
    source: opening.SourceArgument,
    column_map: opening.MapOption = "",
    lake: Annotated[Path | None, typer.Option(help="Folder for results as Parquet.", file_okay=False)] = None,
    archive: Annotated[bool, typer.Option("--archive", help="Keep the raw frames in the lake, too.")] = False,
    lines: Annotated[Path | None, typer.Option(help="File for results as line protocol.", dir_okay=False)] = None,
    influx: Annotated[str, typer.Option(metavar="URL", help="InfluxDB to write to.")] = "",
    token: Annotated[str, typer.Option(envvar="EDU_TWIN_INFLUX__TOKEN", help="Token of InfluxDB.")] = "",
    org: Annotated[str, typer.Option(envvar="EDU_TWIN_INFLUX__ORG", help="Organisation in InfluxDB.")] = "edu",
    bucket: Annotated[str, typer.Option(help="Bucket in InfluxDB; default edu_<maker>.")] = "",
    maker: opening.MakerOption = "",
    units: opening.UnitsOption = 30,
    days: opening.DaysOption = 7,
    seed: opening.SeedOption = 1,
    variants: opening.VariantsOption = None,
    form: opening.FormOption = opening.Form.FLOAT32,
    as_json: opening.JsonOption = False,
) -> None:
    """Read SOURCE, run the twins, and write the results to the sinks named.

    The results are those of a worker that reads the same records from Kafka, byte for byte.
    """
    if not (lake or lines or influx):
        raise UserError("say where results go: --lake DIR, --lines FILE or --influx URL")
    if influx:
        _check_url(influx)
    opened = open_source(source, column_map, maker, units, days, seed)
    twins = open_twins(variants)
    sinks: list[Sink] = []
    if lake:
        sinks.append(_lake_sink(lake, archive))
    if lines:
        sinks.append(_lines_sink(lines))
    if influx:
        sinks.append(_influx_sink(influx, token, org, bucket or f"edu_{opened.maker}"))

    from streams.commands.progress import bar
    from streams.commands.running import run

    with bar("replay", opened.frames) as shown:
        report = run(opened, twins, sinks, shown, int16=form is opening.Form.INT16)
    if as_json:
        typer.echo(json.dumps(report))
        return
    accepted = report["records"].get("accepted", 0)
    typer.echo(f"{accepted} frames of {report['units']} units in {report['seconds']} s -> points {report['points']}")


def _lake_sink(folder: Path, archive: bool) -> "Sink":
    from streams.sinks.lake import LakeSink

    opening.make_folder("--lake", folder)
    return LakeSink(folder, archive_frames=archive)


def _lines_sink(path: Path) -> "Sink":
    from streams.sinks.lines import LinesSink

    try:
        return LinesSink(path)
    except OSError as error:
        raise UserError(f"--lines {path}: {error.strerror}") from None


def _check_url(url: str) -> None:
    """What cannot be an address would be retried for ever, as a server that is down is."""
    try:
        checked_url(url)
    except ValueError as error:
        raise UserError(f"--influx: {error}") from None


def _influx_sink(url: str, token: str, org: str, bucket: str) -> "Sink":
    from streams.sinks.influx import InfluxSink, LoggedRefusals

    return InfluxSink(url, token, org, bucket, refusals=LoggedRefusals())
