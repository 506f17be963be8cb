"""A fitted variant as a file: what it extends, on which rows it was fitted, and the numbers the data could say."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.identify.solve import Fit


@dataclass(frozen=True)
class Origin:
    """Rows of a file a fit stands on; ``digest``: SHA-256 of the file."""

    file: str
    first_row: int
    last_row: int
    digest: str

    def __str__(self) -> str:
        return f"{self.file} rows {self.first_row}-{self.last_row} (sha256 {self.digest[:12]})"


def origin(path: Path, rows: int) -> Origin:
    """All rows of a file."""
    return Origin(path.name, 0, rows - 1, hashlib.sha256(path.read_bytes()).hexdigest())


def write(name: str, base: str, title: str, fit: Fit, origins: Sequence[Origin]) -> str:
    """Text of the variant file ``name``: it extends ``base`` and says only what was identified."""
    rows = "; ".join(map(str, origins))
    lines = [
        f"# {base} fitted on {rows}",
        f"# Of {len(fit.free)} numbers the data identify {int(np.sum(fit.identified))}; the others are as in {base}.",
        f'name = "{name}"',
        f"title = {_text(title)}",
        f'extends = "{base}"',
    ]
    tables: dict[str, list[str]] = {}
    for number, value, sd, known in zip(fit.free, fit.values, fit.posterior_sd, fit.identified, strict=True):
        if not known:
            continue
        table, _, key = number.key.rpartition(".")
        source = f"identified on {rows}; before {number.value:.6g} with SD {number.sd:.1%}, now SD {sd:.1%}"
        entry = f'{key} = {{ value = {value:.8g}, unit = "{number.unit}", source = {_text(source)}, sd = {sd:.3g} }}'
        tables.setdefault(table, []).append(entry)
    for table, entries in tables.items():
        lines += ["", f"[{table}]", *entries]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
