"""Variants of which all but a few numbers are known, so that a fit takes few runs of the twin."""

from collections.abc import Collection, Mapping
from pathlib import Path

from twin.identify import with_values
from twin.identify.free import quantities
from twin.variants import load


def hold_all_but(path: Path, base: str, keys: Collection[str], values: Mapping[str, float] | None = None) -> None:
    """Write a variant that extends ``base``, with other ``values`` by dotted key, everything but ``keys`` held."""
    file = with_values(load(base).file, values or {})
    lines = [f'name = "{path.stem}"', f'extends = "{base}"']
    for key, quantity, _ in quantities(file):
        if key not in keys:
            lines.append(f'{key} = {{ value = {quantity.value}, unit = "{quantity.unit}", source = "known", sd = 0 }}')
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))
