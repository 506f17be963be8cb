"""How pictures look."""

from typing import Any

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
