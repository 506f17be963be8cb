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
from twin.layout import MAX_EDGES
from twin.variants.check import findings
from twin.variants.design import per_metre
from twin.variants.loss_map import MeasuredLoss
from twin.variants.loss_map import read as read_loss_map
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
    loss_map: MeasuredLoss | None = None


def _folders(extra: Path | None) -> list[Traversable]:
    if extra is None:
        return [files(__name__)]
    if not extra.is_dir():
        raise VariantError(f"{extra}: no such folder of variants")
    return [extra, files(__name__)]


def _find(name: str, extra: Path | None) -> Traversable:
    for folder in _folders(extra):
        path = folder / f"{name}.toml"
        if path.is_file() or path.is_dir():  # a folder of that name is no variant: reading it says so
            return path
    raise VariantError(f"no variant {name!r}; there are: {', '.join(names(extra))}")


def _read(path: Traversable) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VariantError(f"{path}: {error}") from error
    except OSError as error:
        raise VariantError(f"{path}: {error.strerror}") from error


def names(extra: Path | None = None) -> list[str]:
    """Names of all variants; those of ``extra`` stand in for shipped ones of the same name.

    A file that cannot be read has its name here, too: ``load`` says what is wrong with it. VariantError for a folder
    that cannot be read.
    """
    found: set[str] = set()
    for folder in _folders(extra):
        try:
            found |= {path.name[:-5] for path in folder.iterdir() if path.name.endswith(".toml")}
        except OSError as error:
            raise VariantError(f"{folder}: {error.strerror}") from error
    return sorted(name for name in found if not _is_abstract(name, extra))


def _is_abstract(name: str, extra: Path | None) -> bool:
    try:
        return bool(_read(_find(name, extra)).get("abstract", False))
    except VariantError:
        return False


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> Table:
    """``own`` over ``base``, table by table; a quantity (has a value) or path (names its form) is replaced whole."""
    result = dict(base)
    for key, value in own.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and not {"value", "form"} & value.keys():
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


def _chain(name: str, extra: Path | None) -> list[tuple[Traversable, Table]]:
    """The file and what it extends, own first."""
    chain: list[tuple[Traversable, Table]] = []
    seen: list[str] = []
    base: str | None = name
    while base is not None:
        path = _find(base, extra) if not chain else _base(base, extra, chain[-1][0])
        if base in seen:
            raise VariantError(f"{path}: extends: goes in a circle: {' -> '.join([*seen, base])}")
        seen.append(base)
        table = _read(path)
        table.pop("abstract", None)
        following = table.pop("extends", None)
        if following is not None and not isinstance(following, str):
            raise VariantError(f"{path}: extends: must be the name of a variant, not {following!r}")
        chain.append((path, table))
        base = following
    return chain


def _base(name: str, extra: Path | None, asked_by: Traversable) -> Traversable:
    try:
        return _find(name, extra)
    except VariantError as error:
        raise VariantError(f"{asked_by}: extends: {error}") from error


def _file_of(chain: list[tuple[Traversable, Table]], key: str) -> Traversable:
    """The file of the chain that says ``key`` (dotted), or the quantity it belongs to; the own one if none does."""
    for path, table in chain:
        below: Any = table
        for part in key.split("."):
            if not isinstance(below, dict) or (part not in below and "value" not in below):
                break
            below = below.get(part)
        else:
            return path
    return chain[0][0]


def resolve(name: str, extra: Path | None = None) -> Table:
    """The variant's table, merged with what it extends; not checked."""
    table: Table = {}
    for _, own in reversed(_chain(name, extra)):
        table = _merged(table, own)
    return table


def lineage(name: str, extra: Path | None = None) -> tuple[str, ...]:
    """A variant and those it extends, own first."""
    return tuple(path.name[:-5] for path, _ in _chain(name, extra))


def origin(name: str, key: str, extra: Path | None = None) -> str:
    """Name of the file that says ``key`` (dotted) of a variant."""
    return _file_of(_chain(name, extra), key).name


def load(name: str, extra: Path | None = None) -> Variant:
    """Load a variant, merged with what it extends; VariantError says what is wrong with it: file, key, reason."""
    chain = _chain(name, extra)
    table = resolve(name, extra)
    table.setdefault("name", name)
    try:
        file = VariantFile.model_validate(table)
    except ValidationError as error:
        raise _error(chain, [(_key(at["loc"]), at["msg"]) for at in error.errors()]) from error
    if file.name != name:
        raise VariantError(f"{chain[0][0]}: name: is {file.name!r}, but the file is named {name!r}")
    if len(file.thermal.conductance) > MAX_EDGES:
        raise _error(chain, [("thermal.conductance", f"more than {MAX_EDGES} heat paths")])
    loss_map = _loss_map(chain, file)
    record = parameters(file, loss_map)
    record[0]["design_per_m"] = per_metre(record[0], file)
    wrong = list(findings(file, record[0]))
    if wrong:
        raise _error(chain, wrong)
    record.setflags(write=False)
    return Variant(
        name=name,
        title=file.title,
        machine_type=file.machine_type,
        gear_ratio=file.gear.ratio.value,
        wheel_radius_m=file.gear.wheel_radius.value,
        parameters=record,
        parameter_hash=parameter_hash(file, loss_map),
        file=file,
        loss_map=loss_map,
    )


def _key(place: tuple[int | str, ...]) -> str:
    """The dotted key of a finding as the file says it: pydantic puts a heat path's form behind the path's name."""
    path = place[:2] == ("thermal", "conductance") and len(place) > 3
    return ".".join(map(str, (*place[:3], *place[4:]) if path else place))


def _loss_map(chain: list[tuple[Traversable, Table]], file: VariantFile) -> MeasuredLoss | None:
    """The measured map beside the file that names it."""
    if file.machine.loss_map is None:
        return None
    key = "machine.loss_map.total"
    try:
        return read_loss_map(file.machine.loss_map, Path(str(_file_of(chain, key))).parent)
    except ValueError as error:
        raise _error(chain, [(key, str(error))]) from error


def _error(chain: list[tuple[Traversable, Table]], wrong: list[tuple[str, str]]) -> VariantError:
    """One line per finding: file, key, reason, and the base that says so. A reason may begin with a key of its own."""
    lines = []
    for key, reason in wrong:
        reason = reason.removeprefix("Value error, ")
        if not key and ": " in reason:
            key, reason = reason.split(": ", 1)
        said = _file_of(chain, key.split(",")[0])
        where = "" if said is chain[0][0] else f" (said in {said.name})"
        lines.append(f"{chain[0][0]}: {key or 'file'}: {reason}{where}")
    return VariantError("\n".join(lines))
