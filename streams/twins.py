"""The twins a process runs: one of every variant that ships with the project or lies in the maker's own folder."""

from pathlib import Path

from twin import variants
from twin.twin import Twin


def load_twins(folder: Path | None = None) -> dict[str, Twin]:
    """Name of the variant -> its twin, shipped or in ``folder``; VariantError where one cannot be used."""
    return {name: Twin(variants.load(name, folder)) for name in variants.names(folder)}
