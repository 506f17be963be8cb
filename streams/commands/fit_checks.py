"""What ``edu-twin identify`` cannot do, said before the fit: each check raises UserError with what to do."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from schemas.telemetry import NAME_PATTERN
from schemas.variant.sensors import LONGEST_HOLD_S
from streams.commands.errors import UserError
from streams.commands.opening import make_folder
from twin.variants import lineage

if TYPE_CHECKING:
    from streams.sources.files import Recording
    from twin.variants import Variant

MOST_GAPS = 0.1
"""Of the rows of a recording may be further from the one before than the twin bridges: pauses, not the pace."""


def check_out(out: Path, base: str, folder: Path | None) -> None:
    """The file can be written, and its name is not one it would extend; makes its folder."""
    if out.suffix != ".toml" or not re.match(NAME_PATTERN, out.stem):
        raise UserError(
            f"--out {out}: must end in .toml; before it stands the variant's name: letters, digits, '.', '_' and '-'"
        )
    if out.stem in lineage(base, folder):
        raise UserError(
            f"--out {out}: the fit extends {base}, so it cannot be called {out.stem}: the two would go in a circle; "
            f"give another name, such as {out.with_stem(f'{base}-fitted').name}"
        )
    make_folder("--out", out.parent)
    if out.exists() and not os.access(out, os.W_OK):
        raise UserError(f"--out {out}: may not be written")


def check_pace(runs: "Sequence[Recording]", variant: "Variant") -> None:
    """Most rows are close enough for the twin, which takes a longer interval for a gap and says nothing of it."""
    hold_s = variant.file.telemetry.hold_limit.value
    for run in runs:
        apart_s = np.diff(run.times_us) / 1e6
        gaps_s = apart_s[apart_s > hold_s]
        if len(gaps_s) <= MOST_GAPS * len(apart_s):
            continue
        typical_s = float(np.median(gaps_s))
        advice = f"resample it to {hold_s:g} s or less"
        if typical_s <= LONGEST_HOLD_S:
            advice += f", or fit a variant of your own that extends {variant.name} with a longer telemetry.hold_limit"
        raise UserError(
            f"{run.file}: {run.name}: rows are {typical_s:g} s apart, hold_limit is {hold_s:g} s: the twin would take "
            f"each interval for a gap; {advice}"
        )
