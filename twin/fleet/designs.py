"""What the fleet stage knows of a variant: by which laws it wears, and what it is designed for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.components import Law
from twin.variants import Variant, VariantError, load


@dataclass(frozen=True, slots=True)
class Design:
    """Of one variant; arrays and tuples by Component."""

    laws: tuple[Law, ...]
    wears: tuple[bool, ...]
    distance_km: float
    damage_per_km: NDArray[np.float64]
    """By the design profile."""


def design(variant: Variant) -> Design:
    """What of a variant's parameters the fleet stage needs."""
    par, file = variant.parameters[0], variant.file
    laws = tuple(Law(int(law)) for law in par["laws"])
    return Design(laws, tuple(par["wears"] == 1), file.design.distance.value, par["design_per_m"] * 1e3)


class Designs:
    """Of all variants, each read when it is first asked for; ``folder``: variants of a maker's own."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, Design | None] = {}

    def of(self, name: str) -> Design | None:
        """None for a variant that there is no file of."""
        if name not in self._known:
            try:
                self._known[name] = design(load(name, self._folder))
            except VariantError:
                self._known[name] = None
        return self._known[name]
