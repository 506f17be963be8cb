"""A fitted variant as a file: what it extends, on which rows it was fitted, and the numbers the data could say."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.identify.solve import Fit


@dataclass(frozen=True)
class Origin:
    """Part of a file a fit stands on: ``recordings`` by name, ``rows``, and the SHA-256 of the file."""

    file: str
    recordings: tuple[str, ...]
    rows: str
    digest: str

    def __str__(self) -> str:
        """Without the names of its recordings."""
        return f"{self.file}, {self.rows} (sha256 {self.digest[:12]})"


def origins(recordings: Iterable[tuple[Path, str, int, int]], cut: str = "") -> list[Origin]:
    """By file, from (file, name, number of rows, of clean rows); ``cut``: rows taken of each, as FROM:TO:STEP."""
    files: dict[Path, list[tuple[str, int, int]]] = {}
    for path, name, rows, clean in recordings:
        files.setdefault(path, []).append((name, rows, clean))
    found = []
    for path, parts in files.items():
        rows, clean = sum(part[1] for part in parts), sum(part[2] for part in parts)
        text = f"{rows} rows" + (f" {cut}" if cut else "") + (f", {clean} of them clean" if clean < rows else "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found.append(Origin(path.name, tuple(name for name, _, _ in parts), text, digest))
    return found


def write(name: str, base: str, title: str, fit: Fit, origins: Sequence[Origin]) -> str:
    """Text of the variant file ``name``: it extends ``base`` and says the numbers the data touch, and how sure."""
    rows = "; ".join(map(str, origins))
    lines = [f"# {base} fitted on"]
    lines += [f"#   {part}: {', '.join(part.recordings)}" for part in origins]
    lines += [
        f"# Of {len(fit.free)} numbers the data identify {int(np.sum(fit.identified))}; they do not touch "
        f"{int(np.sum(~fit.touched))}, which are as in {base}.",
        f'name = "{name}"',
        f"title = {_text(title)}",
        f'extends = "{base}"',
    ]
    tables: dict[str, list[str]] = {}
    for k in np.flatnonzero(fit.touched):
        number, value, sd = fit.free[k], float(fit.values[k]), float(fit.posterior_sd[k])
        table, _, key = number.key.rpartition(".")
        verb = "identified" if fit.identified[k] else "not identified, mostly its prior,"
        if fit.at_bound[k]:
            verb = "not identified, at its bound,"
        sds = f"SD {number.text(number.sd)}, now SD {number.text(sd)}"
        source = f"{verb} on {rows}; before {number.value:.6g} with {sds}"
        told = f'value = {value:.8g}, unit = "{number.unit}", source = {_text(source)}'
        entry = f"{key} = {{ {told}, sd = {number.share(value, sd):.3g} }}"
        tables.setdefault(table, []).append(entry)
    for table, entries in tables.items():
        lines += ["", f"[{table}]", *entries]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
