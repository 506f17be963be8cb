"""Recorded reference data, kept beside the project and never copied into it."""

from pathlib import Path

import pytest

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def reference_data(name: str) -> Path:
    """Folder of one data set, for example ``bmw-i3-trips``; skips the test where it is not at hand."""
    path = _DATA / name
    if not path.is_dir():
        pytest.skip(f"reference data {name} is not in ../shared/data")
    return path
