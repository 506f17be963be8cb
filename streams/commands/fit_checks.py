"""What ``edu-twin identify`` cannot do, said before the fit: each check raises UserError with what to do."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.telemetry import NAME_PATTERN
from streams.commands.errors import UserError
from streams.commands.opening import make_folder
from twin.identify import pace
from twin.variants import lineage

if TYPE_CHECKING:
    from streams.sources.files import Recording
    from twin.variants import Variant


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
    """The same that the fit says of what it is fitted to, of all recordings, with their files."""
    for run in runs:
        try:
            pace.check_pace(f"{run.file}: {run.name}", run.times_us, variant)
        except ValueError as error:
            raise UserError(str(error)) from None
