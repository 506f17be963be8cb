"""Which source a command line means."""

import re
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.errors import UserError

if TYPE_CHECKING:
    from streams.sources import Source
    from twin.twin import Twin

SIMULATED = "plant"


class Form(StrEnum):
    """How samples are encoded in a frame."""

    FLOAT32 = "float32"
    INT16 = "int16"


SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help=f"File or folder of recordings, or '{SIMULATED}': a simulated fleet.")
]
MapOption = Annotated[str, typer.Option("--map", help="Column map: a shipped name (bmw-i3-trips) or a TOML file.")]
MakerOption = Annotated[
    str, typer.Option(envvar="EDU_TWIN_MAKER", help="Tenant; if neither option nor variable names it: map or fleet.")
]
UnitsOption = Annotated[int, typer.Option(min=1, help="Simulated units.")]
DaysOption = Annotated[int, typer.Option(min=1, max=36_500, help="Simulated days.")]
SeedOption = Annotated[int, typer.Option(min=0, max=(1 << 63) - 1, help="Seed of the simulated fleet.")]
VariantsOption = Annotated[
    Path | None,
    typer.Option(
        "--variants",
        envvar="EDU_TWIN_VARIANTS",
        help="Folder with variants of your own (TOML), beside the shipped ones.",
        file_okay=False,
    ),
]
FormOption = Annotated[Form, typer.Option(help="Encoding of the samples.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
FIRST_DAY = date(2026, 7, 6)


def open_source(source: str, column_map: str, maker: str, units: int, days: int, seed: int) -> "Source":
    """The source; UserError where it cannot be read."""
    from schemas.telemetry import NAME_PATTERN
    from streams.sources import SourceError
    from streams.sources.files import FileSource
    from streams.sources.maps import load, shipped
    from streams.sources.plant import Fleet, PlantSource

    if maker and not re.match(NAME_PATTERN, maker):
        raise UserError(f"maker {maker!r}: letters, digits, '.', '_' and '-' only, at most 64")
    try:
        if source == SIMULATED:
            return PlantSource(Fleet(units=units, days=days, start=FIRST_DAY, seed=seed, maker=maker))
        if not column_map:
            raise UserError(f"{source}: say how to read it with --map; shipped maps: {', '.join(shipped())}")
        loaded = load(column_map)
        return FileSource(Path(source), loaded.model_copy(update={"maker": maker}) if maker else loaded)
    except SourceError as error:
        raise UserError(str(error)) from None


def open_twins(variants: Path | None) -> "dict[str, Twin]":
    """Name -> twin of every variant, shipped or in the folder; UserError where one cannot be used."""
    from streams.twins import load_twins
    from twin.variants import VariantError

    try:
        return load_twins(variants)
    except VariantError as error:
        raise UserError(str(error)) from None


def make_folder(option: str, folder: Path) -> None:
    """Make a folder for results; UserError where nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{option} {folder}: {error.strerror}") from None
