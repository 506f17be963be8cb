"""Which numbers of a variant file are free, how far they may move, and a file with some of them changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, get_args

from pydantic import BaseModel

from schemas.variant import Quantity, VariantFile
from schemas.variant.quantities import Within

DEFAULT_SD = 0.1
"""Prior SD of the logarithm of a number whose file states none: tight, as looser ones overfit (physics 2.2)."""
WIDEST = 5.0
"""A number may move so many prior SDs, and never out of its plausible range."""


@dataclass(frozen=True)
class Free:
    """One free number; ``sd``: prior SD of its logarithm; ``low``, ``high``: bounds of value over prior value."""

    key: str
    value: float
    unit: str
    sd: float
    low: float
    high: float


def quantities(file: BaseModel) -> Iterator[tuple[str, Quantity, Within | None]]:
    """(dotted key, quantity, plausible range) of every number of a variant file."""
    for name, field in type(file).model_fields.items():
        value = getattr(file, name)
        if isinstance(value, Quantity):
            yield name, value, _range((field.annotation, *field.metadata))
        elif isinstance(value, BaseModel):
            yield from ((f"{name}.{key}", quantity, within) for key, quantity, within in quantities(value))
        elif isinstance(value, dict):
            for entry, below in value.items():
                if isinstance(below, Quantity):
                    yield f"{name}.{entry}", below, _range((field.annotation,))
                else:
                    yield from ((f"{name}.{entry}.{key}", found, within) for key, found, within in quantities(below))


def _range(annotations: Sequence[Any]) -> Within | None:
    """The range among the annotations of a field, however deep: ``X | None``, ``dict[str, X]``, ``Annotated[X]``."""
    for annotation in annotations:
        found = getattr(annotation, "func", None)
        if isinstance(found, Within):
            return found
        deeper = _range(get_args(annotation))
        if deeper is not None:
            return deeper
    return None


def free(file: VariantFile, patterns: Sequence[str], sd: float | None = None) -> list[Free]:
    """The numbers whose dotted key fits one of ``patterns`` (``thermal.capacity.*``) and that are not 0 or held (sd 0).

    ``sd``: prior SD of those whose file states none, DEFAULT_SD if None.
    """
    found = []
    for key, quantity, within in quantities(file):
        own_sd = quantity.sd if quantity.sd is not None else (DEFAULT_SD if sd is None else sd)
        if quantity.value == 0.0 or own_sd == 0.0 or not any(fnmatchcase(key, pattern) for pattern in patterns):
            continue
        bounds = sorted((within.low / quantity.value, within.high / quantity.value)) if within else (0.0, float("inf"))
        found.append(Free(key, quantity.value, quantity.unit, own_sd, max(bounds[0], 0.0), bounds[1]))
    return found


def with_values(file: VariantFile, values: Mapping[str, float]) -> VariantFile:
    """The file with numbers changed by dotted key; not checked again."""
    changed = file
    for key, value in values.items():
        changed = _replaced(changed, key.split("."), value)
    return changed


def _replaced(table: Any, path: Sequence[str], value: float) -> Any:
    if isinstance(table, Quantity):
        return table.model_copy(update={"value": value})
    if isinstance(table, dict):
        return table | {path[0]: _replaced(table[path[0]], path[1:], value)}
    return table.model_copy(update={path[0]: _replaced(getattr(table, path[0]), path[1:], value)})
