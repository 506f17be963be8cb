"""``edu-twin variants``: what variants there are, what is in them, what is wrong with one, how two differ."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands.errors import UserError
from streams.commands.opening import JsonOption, VariantsOption

if TYPE_CHECKING:
    from twin.variants import Variant

variants = typer.Typer(help="The variants of the drive unit: list, show, check, compare.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a variant, or path of its TOML file.")]
AXES = ("machine_type", "phases", "inverter_type", "bus", "gear_type", "cooling", "mounting")


@variants.command("list")
def list_(folder: VariantsOption = None, as_json: JsonOption = False) -> None:
    """One line per variant: what it is, and its named choices."""
    lines = [_summary(_load(name, folder)) for name in _names(folder)]
    if as_json:
        typer.echo(json.dumps(lines))
        return
    _table(["variant", "kW", "Nm", *AXES], [[line[key] for key in ("name", "kw", "nm", *AXES)] for line in lines])


@variants.command()
def show(variant: NameArgument, folder: VariantsOption = None, as_json: JsonOption = False) -> None:
    """Every number of a variant with unit, source and the file that says it; and what follows from them."""
    from twin.variants import origin
    from twin.variants.check import time_constants_s, winding_resistance_k_w

    name, folder = _named(variant, folder)
    loaded = _load(name, folder)
    entries = _entries(loaded)
    par = loaded.parameters[0]
    constants_s = time_constants_s(par)
    follows = {
        "parameter_hash": f"{loaded.parameter_hash:016x}",
        "winding_to_coolant_k_w": round(winding_resistance_k_w(par), 4),
        "time_constants_s": [round(float(value), 1) for value in constants_s],
    }
    if as_json:
        values = {key: entry | {"file": origin(name, key, folder)} for key, entry in entries.items()}
        typer.echo(json.dumps(_summary(loaded) | follows | {"values": values}))
        return
    typer.echo(f"{name}: {loaded.title}")
    typer.echo("  " + ", ".join(f"{axis} {getattr(loaded.file, axis)}" for axis in AXES))
    rows = [
        [key, _shown(entry["value"]), entry["unit"], origin(name, key, folder), entry["source"]]
        for key, entry in entries.items()
    ]
    _table(["key", "value", "unit", "file", "source"], rows)
    for key, value in follows.items():
        typer.echo(f"{key}: {value}")


@variants.command()
def check(
    which: Annotated[list[str] | None, typer.Argument(help="Names or TOML files; none: all.")] = None,
    folder: VariantsOption = None,
) -> None:
    """Say whether variants can be used; every mistake with file, key and reason. Exit code 2 if one cannot."""
    from twin.variants import VariantError, load

    wrong = 0
    for variant in which or _names(folder):
        name, where = _named(variant, folder)
        try:
            loaded = load(name, where)
        except VariantError as error:
            typer.echo(str(error))
            wrong += 1
        else:
            typer.echo(f"{name}: good ({len(_entries(loaded))} numbers, hash {loaded.parameter_hash:016x})")
    if wrong:
        raise UserError(f"{wrong} of the variants cannot be used")


@variants.command()
def diff(first: NameArgument, second: NameArgument, folder: VariantsOption = None, as_json: JsonOption = False) -> None:
    """Choices and numbers in which two variants differ."""
    one, other = (_load(*_named(variant, folder)) for variant in (first, second))
    left, right = _values(one), _values(other)
    changes = {
        key: [left.get(key), right.get(key)]
        for key in [*left, *(key for key in right if key not in left)]
        if left.get(key) != right.get(key)
    }
    if as_json:
        typer.echo(json.dumps(changes))
        return
    rows = [[key, *("-" if value is None else str(value) for value in pair)] for key, pair in changes.items()]
    _table(["key", one.name, other.name], rows)


def _named(variant: str, folder: Path | None) -> tuple[str, Path | None]:
    """Name and folder of a variant given by name or by file."""
    path = Path(variant)
    if path.suffix != ".toml":
        return variant, folder
    if not path.is_file():
        raise UserError(f"{variant}: no such file")
    return path.stem, path.parent


def _names(folder: Path | None) -> list[str]:
    from twin.variants import VariantError, names

    try:
        return names(folder)
    except VariantError as error:
        raise UserError(str(error)) from None


def _load(name: str, folder: Path | None) -> "Variant":
    from twin.variants import VariantError, load

    try:
        return load(name, folder)
    except VariantError as error:
        raise UserError(str(error)) from None


def _summary(variant: "Variant") -> dict[str, Any]:
    file = variant.file
    numbers = {"kw": round(file.machine.max_power.value / 1e3), "nm": round(file.machine.max_torque.value)}
    return {"name": variant.name, "title": variant.title} | numbers | {axis: getattr(file, axis) for axis in AXES}


def _entries(variant: "Variant") -> dict[str, dict[str, Any]]:
    """Dotted key -> value, unit and source of every number, in the order of the file's model."""

    def walk(table: dict[str, Any], above: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for key, value in table.items():
            if isinstance(value, dict):
                found |= {above + key: value} if "source" in value else walk(value, f"{above}{key}.")
        return found

    return walk(variant.file.model_dump(exclude_none=True), "")


def _values(variant: "Variant") -> dict[str, str]:
    """Dotted key -> choice, or number with unit."""
    choices = {axis: str(getattr(variant.file, axis)) for axis in AXES}
    return choices | {key: f"{_shown(entry['value'])} {entry['unit']}" for key, entry in _entries(variant).items()}


def _shown(value: float | tuple[float, ...]) -> str:
    return " ".join(f"{each:g}" for each in value) if isinstance(value, tuple) else f"{value:g}"


def _table(titles: list[str], rows: list[list[Any]]) -> None:
    """Columns as wide as they must be; the last one ends where it ends."""
    lines = [titles, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())
