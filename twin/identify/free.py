"""Which numbers of a variant file are free, how far they may move, and a file with some of them changed."""

import math
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
AT_FIRST = 0.5
"""Prior SDs a search begins from a bound."""
UNSURE = 1.0
"""Prior SD of a logarithm: above, the number is as good as 0, and its logarithm says nothing."""


@dataclass(frozen=True)
class Free:
    """One free number: how far it may move from its prior ``value``, between ``low`` and ``high``.

    It moves by a deviation x, of which ``sd`` is the prior SD: to ``value`` exp(x), or, with a ``scale``, to
    ``value`` + ``scale`` x: so a delay leaves 0 and an offset changes its sign.
    """

    key: str
    value: float
    unit: str
    sd: float
    low: float
    high: float
    scale: float = 0.0

    def at(self, deviation: float) -> float:
        """The number that deviates so much from its prior."""
        return self.value + self.scale * deviation if self.scale else self.value * math.exp(deviation)

    def deviation(self, value: float) -> float:
        """Of a number from its prior; infinite where no deviation of a logarithm leads there."""
        if self.scale:
            return (value - self.value) / self.scale
        ratio = value / self.value
        return math.log(ratio) if ratio > 0.0 else -math.inf

    def reach(self) -> tuple[float, float]:
        """Least and largest deviation; 0 is between them."""
        ends = sorted((self.deviation(self.low), self.deviation(self.high)))
        widest = WIDEST * self.sd
        return min(max(ends[0], -widest), 0.0), max(min(ends[1], widest), 0.0)

    def start(self) -> float:
        """Deviation a search begins at: inside where the prior is at a bound.

        A smoothing window of 0 changes nothing at first order but a delay: a search from there does not leave it.
        """
        low, high = self.reach()
        return AT_FIRST * ((low == 0.0) - (high == 0.0)) * self.sd if self.scale else 0.0

    def share(self, value: float, sd: float) -> float:
        """The ``sd`` a variant file states beside ``value`` for an SD of its deviation."""
        return sd * self.scale / abs(value) if self.scale and value else sd

    def text(self, sd: float) -> str:
        """An SD of its deviation for people."""
        return f"{sd * self.scale:.3g} {self.unit}" if self.scale else f"{sd:.1%}"


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
    """The numbers whose dotted key fits one of ``patterns`` (``thermal.capacity.*``), and that are not held (sd 0).

    A number that is 0 is free where the schema says how large it typically is; accuracies (``_sd``) never are.
    ``sd``: prior SD of those whose file states none, DEFAULT_SD if None.
    """
    found = []
    for key, quantity, within in quantities(file):
        if quantity.sd == 0.0 or key.endswith("_sd") or not any(fnmatchcase(key, pattern) for pattern in patterns):
            continue
        number = _free(key, quantity, within, DEFAULT_SD if sd is None else sd)
        if number:
            found.append(number)
    return found


def _free(key: str, quantity: Quantity, within: Within | None, sd: float) -> Free | None:
    value, stated = quantity.value, quantity.sd
    low, high = (within.low, within.high) if within else (-math.inf, math.inf)
    typical = within.typical if within else 0.0
    if typical and (value == 0.0 or low < 0.0 or (stated or 0.0) > UNSURE):
        own_sd = 1.0 if stated is None else stated * (abs(value) / typical if value else 1.0)
        return Free(key, value, quantity.unit, own_sd, low, high, typical)
    return Free(key, value, quantity.unit, sd if stated is None else stated, low, high) if value else None


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
