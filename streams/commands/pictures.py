"""How pictures look, and whether they can be written."""

from pathlib import Path
from typing import Any

from streams.commands.errors import UserError

SUFFIX = ".png"

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
STYLE: Any = {
    "font.size": 10.0,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}
"""Parameters of matplotlib."""


def writable(path: Path, option: str) -> None:
    """Make sure that a picture can be written, before anything is worked out. UserError where it cannot."""
    if path.suffix.lower() != SUFFIX:
        raise UserError(f"{option} {path}: pictures are PNG, name it {path.with_suffix(SUFFIX).name}")
    new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        raise UserError(f"{option} {path}: cannot be written: {error.strerror}; choose another folder") from None
