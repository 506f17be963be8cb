"""The twins a process runs: one of every variant that ships with the project."""

from twin import variants
from twin.twin import Twin


def load_twins() -> dict[str, Twin]:
    """Name of the variant -> its twin."""
    return {name: Twin(variants.load(name)) for name in variants.names()}
