"""Variants by name: TOML files beside this module, or in a folder of the maker's own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydantic import ValidationError

from schemas.variant import VariantFile
from twin.variants.parameters import parameter_hash, parameters

Table = dict[str, Any]


class VariantError(ValueError):
    """A variant cannot be used; the message names file, key and reason."""


@dataclass(frozen=True)
class Variant:
    """A variant ready for a twin. ``parameters``: one PARAMETERS record, read-only."""

    name: str
    title: str
    machine_type: str
    gear_ratio: float
    wheel_radius_m: float
    parameters: NDArray[Any]
    parameter_hash: int
    file: VariantFile


def _folders(extra: Path | None) -> list[Traversable]:
    return [*([extra] if extra is not None else []), files(__name__)]


def _find(name: str, extra: Path | None) -> Traversable:
    for folder in _folders(extra):
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    raise VariantError(f"no variant {name!r}; there are: {', '.join(names(extra))}")


def _read(path: Traversable) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VariantError(f"{path}: {error}") from error


def names(extra: Path | None = None) -> list[str]:
    """Names of the variants that can be loaded; those of ``extra`` stand in for shipped ones of the same name."""
    found = {path.name[:-5] for folder in _folders(extra) for path in folder.iterdir() if path.name.endswith(".toml")}
    return sorted(name for name in found if not _read(_find_known(name, extra)).get("abstract", False))


def _find_known(name: str, extra: Path | None) -> Traversable:
    return next(path for folder in _folders(extra) if (path := folder / f"{name}.toml").is_file())


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> Table:
    """``own`` over ``base``, table by table; a quantity (a table with a value) is replaced whole."""
    result = dict(base)
    for key, value in own.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and "value" not in value:
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


def _resolve(name: str, extra: Path | None, seen: tuple[str, ...] = ()) -> Table:
    path = _find(name, extra)
    if name in seen:
        raise VariantError(f"{path}: extends goes in a circle: {' -> '.join((*seen, name))}")
    table = _read(path)
    table.pop("abstract", None)
    base = table.pop("extends", None)
    if base is None:
        return table
    return _merged(_resolve(str(base), extra, (*seen, name)), table)


def load(name: str, extra: Path | None = None) -> Variant:
    """Load a variant, merged with what it extends; VariantError says what is wrong with it."""
    path = _find(name, extra)
    table = _resolve(name, extra)
    table.setdefault("name", name)
    try:
        file = VariantFile.model_validate(table)
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, at['loc'])) or 'file'}: {at['msg']}" for at in error.errors()]
        raise VariantError("\n".join(lines)) from error
    if file.name != name:
        raise VariantError(f"{path}: name: is {file.name!r}, but the file is named {name!r}")
    record = parameters(file)
    record.setflags(write=False)
    return Variant(
        name=name,
        title=file.title,
        machine_type=file.machine_type,
        gear_ratio=file.gear.ratio.value,
        wheel_radius_m=file.gear.wheel_radius.value,
        parameters=record,
        parameter_hash=parameter_hash(file),
        file=file,
    )
