"""One picture of the fleet: how efficient its units are, and how well one winding temperature is known."""

from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from streams.commands.demo_fleet import Z90, Summary, Watched
from streams.commands.pictures import GRID, MUTED, STYLE

SHOWN_DRIVES = 12
_COLOURS = (
    "#0b6e99", "#d9822b", "#5b8c5a", "#8e5ea2", "#b59f00",
    "#00897b", "#9c5b3c", "#5c6bc0", "#c2719b", "#52606d",
)  # fmt: skip
_TRUTH = "#c0392b"


def draw(lines: Sequence[Summary], watched: Watched, path: Path) -> None:
    """Write the picture as PNG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 8.0), dpi=130)
        known = [line.efficiency for line in lines if np.isfinite(line.efficiency.value)]
        inside = sum(abs(e.value - e.truth) <= Z90 * e.sd for e in known)
        title = f"EDU Twin: {len(lines)} simulated units; true efficiency inside the 90 % interval for {inside}"
        title += f" of the {len(known)} that have one" if len(known) < len(lines) else ""
        figure.suptitle(title, x=0.01, ha="left", fontsize=15, fontweight="bold")
        figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        above, below = figure.subplots(2, 1, height_ratios=(1.0, 1.25))
        colours = colours_of(line.variant for line in sorted(lines, key=lambda line: (line.maker, line.variant)))
        _efficiency(above, lines, colours)
        _winding(below, max(lines, key=lambda line: _warmest(watched, line.unit)), watched, colours)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)


def colours_of(variants: Iterable[str]) -> dict[str, str]:
    """A colour for each variant; beyond ten they come again."""
    return dict(zip(dict.fromkeys(variants), cycle(_COLOURS), strict=False))


def _warmest(watched: Watched, unit: str) -> float:
    return float(watched.results("edu_trip", unit)["max_end_winding_temp_c"].max())


def _efficiency(axes: Axes, lines: Sequence[Summary], colours: dict[str, str]) -> None:
    """Every unit's driving efficiency with its 90 % interval, and the truth."""
    ordered = sorted(lines, key=lambda line: (line.maker, line.variant, -np.nan_to_num(line.efficiency.value)))
    for variant, colour in colours.items():
        places = [place for place, line in enumerate(ordered) if line.variant == variant]
        values = [100.0 * ordered[place].efficiency.value for place in places]
        errors = [100.0 * Z90 * ordered[place].efficiency.sd for place in places]
        axes.errorbar(places, values, errors, fmt="o", ms=5, lw=1.6, capsize=0, color=colour, label=variant)
    truths = [100.0 * line.efficiency.truth for line in ordered]
    axes.plot(range(len(ordered)), truths, "_", ms=11, mew=2.0, color=_TRUTH, label="truth")
    axes.set_xticks(range(len(ordered)), [line.unit for line in ordered], rotation=60, ha="right", fontsize=8)
    axes.set_ylabel("driving efficiency, %")
    axes.set_title("Efficiency, with 90 % interval", loc="left", fontsize=11)
    axes.grid(axis="x", visible=False)
    axes.legend(frameon=False, ncols=6, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)


def _around_hottest(times_s: NDArray[Any], temps_c: NDArray[Any]) -> list[NDArray[Any]]:
    """Indices of the points of each drive shown."""
    drives = np.split(np.arange(len(times_s)), np.flatnonzero(np.diff(times_s) > 600.0) + 1)
    hottest = max(range(len(drives)), key=lambda number: float(temps_c[drives[number]].max()))
    first = max(0, min(hottest - SHOWN_DRIVES // 2, len(drives) - SHOWN_DRIVES))
    return drives[first : first + SHOWN_DRIVES]


def _winding(axes: Axes, line: Summary, watched: Watched, colours: dict[str, str]) -> None:
    """The hot spot of one unit over the drives around its hottest one, standing time left out."""
    states = watched.results("edu_state", line.unit)
    times_s = states["time_us"] / 1e6
    drives = _around_hottest(times_s, states["end_winding_temp_c"])
    truth = watched.truth[line.unit]
    begin = 0.0
    ticks: list[tuple[float, str]] = []
    for number, part in enumerate(drives):
        drive = {name: values[part] for name, values in states.items()}
        estimate = drive["end_winding_temp_c"]
        minutes = begin + (times_s[part] - times_s[part[0]]) / 60.0
        label = number == 0
        margin = Z90 * drive["end_winding_temp_sd_k"]
        colour = colours[line.variant]
        axes.fill_between(
            minutes, estimate - margin, estimate + margin, color=colour, alpha=0.22, lw=0,
            label="90 % interval" if label else None,
        )  # fmt: skip
        axes.plot(minutes, estimate, color=colour, lw=1.8, label="estimate" if label else None)
        axes.plot(
            minutes, drive["measured_winding_temp_c"], ".", ms=2.5, color=MUTED, label="sensor" if label else None
        )
        axes.plot(
            minutes, truth.near("end_winding", times_s[part]), "--", lw=1.3, color=_TRUTH,
            label="truth" if label else None,
        )  # fmt: skip
        axes.axvline(begin - 2.0, color=GRID, lw=1.0)
        day = np.datetime64(int(times_s[part[0]]), "s").astype(object).strftime("%a %d %b %H:%M")
        ticks.append((begin, day))
        begin = float(minutes[-1]) + 4.0
    axes.set_xticks([place for place, _ in ticks], [name for _, name in ticks], rotation=35, ha="right", fontsize=8)
    axes.set_xlim(-3.0, begin)
    axes.set_ylabel("end winding, °C")
    title = f"Winding hot spot of {line.unit} ({line.variant}): the drives around its hottest, end to end"
    axes.set_title(title, loc="left", fontsize=11)
    axes.grid(axis="x", visible=False)
    axes.legend(frameon=False, ncols=4, loc="upper right", bbox_to_anchor=(1.0, 1.1))
