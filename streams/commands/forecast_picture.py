"""A forecast as a picture: the component that ends first on its way to the limit, and all of them beside each other."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from streams.commands.forecast import Line
from streams.commands.forecast_table import DAYS_A_YEAR, HIGH, LOW, MIDDLE, MOST_KM, MOST_YEARS, REPLACE, short
from streams.commands.pictures import INK, MUTED, STYLE
from streams.forecast import Unit
from twin.fleet.indicators import AVERAGED, Floats, Outlook, rebased

_LIFE, _LIMIT = "#0b6e99", "#c0392b"
Z90 = 1.2816
"""Standard normal deviate of 90 %: the fan is from 10 to 90 %."""
MOST_PANELS = 3
"""Indicators that are drawn, those that end first."""
_BEGINS = 0.02  # of the distance so far: where the axis begins


def draw(unit: Unit, lines: Sequence[Line], seen: Sequence[Outlook], path: Path) -> None:
    """Write the picture as PNG."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 11.0 if seen else 6.5), dpi=130)
        figure.suptitle(f"{unit.unit} ({unit.variant})", x=0.01, ha="left", fontsize=15, fontweight="bold")
        figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        if lines:
            heights = (1.5, 1.0) if seen else (1.0,)
            upper, *lower = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
            left, right = upper.subplots(1, 2, width_ratios=(1.35, 1.0))
            _fan(left, lines[0])
            _components(right, lines)
            if seen:
                panels = lower[0].subplots(1, min(len(seen), MOST_PANELS), squeeze=False)[0]
                for axes, one in zip(panels, seen, strict=False):
                    _indicator(axes, one)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)


def _fan(axes: Axes, line: Line) -> None:
    """Damage over distance: so far, and on to the end, which is as uncertain as the law and the scatter of lives."""
    found, ends = line.prospect, line.prospect.ends_at
    wear = line.wear
    driven = np.cumsum(wear.km[wear.since :])
    now_km, name = float(driven.max(initial=0.0)), line.component.name.lower().replace("_", " ")
    axes.plot(driven, wear.before + np.cumsum(wear.damage[wear.since :]), color=_LIFE, lw=2.2, label="so far")
    ahead = np.geomspace(1.0, max(float(found.km[HIGH]), 2.0), 200)
    middle = found.damage + ahead * found.rates.per_km
    axes.plot(now_km + ahead, middle, color=_LIFE, lw=1.6, ls="--", label="at the unit's rate")
    spread = np.exp(Z90 * found.rates.sd_ln)
    low, high = (found.damage + ahead * found.rates.per_km * factor for factor in (1.0 / spread, spread))
    axes.fill_between(now_km + ahead, low, high, color=_LIFE, alpha=0.18, lw=0, label="10 to 90 % of rates")
    axes.axhspan(ends[LOW], ends[HIGH], color=_LIMIT, alpha=0.12, lw=0, label="end of life, 10 to 90 %")
    axes.axhline(ends[MIDDLE], color=_LIMIT, lw=1.2)
    replace_km = now_km + float(found.km[REPLACE])
    axes.axvline(replace_km, color=INK, lw=1.2, ls=":")
    axes.set(xscale="log", yscale="log", xlabel="distance, km", ylabel="damage, share of a life by the law")
    axes.set_xlim(left=max(_BEGINS * now_km, 1.0))
    axes.annotate(
        f"replace by {replace_km:,.0f} km", (replace_km, axes.get_ylim()[0]), xytext=(-4, 8),
        textcoords="offset points", rotation=90, ha="right", va="bottom", fontsize=9,
    )  # fmt: skip
    axes.set_title(f"Ends first: {name}", loc="left", fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _components(axes: Axes, lines: Sequence[Line]) -> None:
    """Remaining distance of every component: median, and from 10 to 90 %."""
    names = [line.component.name.lower().replace("_", " ") for line in lines]
    for place, line in enumerate(lines):
        km, days = line.prospect.km, line.prospect.days
        if km[LOW] > MOST_KM:
            axes.annotate(
                "beyond any vehicle's life", (MOST_KM, place), color=MUTED, va="center", ha="right", fontsize=8
            )
            continue
        axes.plot([km[LOW], km[HIGH]], [place, place], color=_LIFE, lw=5, alpha=0.35, solid_capstyle="round")
        axes.plot(km[MIDDLE], place, "o", color=_LIFE, ms=6)
        axes.plot(km[REPLACE], place, "|", color=INK, ms=11, mew=1.6)
        low, high = (short(float(days[level]) / DAYS_A_YEAR, MOST_YEARS) for level in (LOW, HIGH))
        years = f"{low} years" if low == high else f"{low} to {high} years"
        axes.annotate(
            years, (min(float(km[MIDDLE]), MOST_KM), place), xytext=(0, -12),
            textcoords="offset points", ha="center", va="center", fontsize=8,
        )  # fmt: skip
    axes.set(xscale="log", xlabel="remaining km: ▏ replace by (5 %), bar 10 to 90 %, dot median")
    axes.set_xlim(min(1e4, 0.5 * float(lines[0].prospect.km[REPLACE])), 2.0 * MOST_KM)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.7)
    axes.grid(axis="y", visible=False)
    axes.set_title("Remaining life if used as it was", loc="left", fontsize=11)


def _indicator(axes: Axes, one: Outlook) -> None:
    """Days of an indicator, their mean, and the ways on to the end of life that is likely from 10 to 90 %."""
    level = rebased(one.history)
    means = np.convolve(level, np.full(AVERAGED, 1.0 / AVERAGED), "valid")
    best, now = float(means.min()), float(means[-1])
    sign = 1.0 if one.indicator.end > 0.0 else -1.0

    def percent(levels: Floats) -> Floats:
        """Change from the unit's best level as people read it."""
        return np.asarray(100.0 * np.expm1(sign * (levels - best)))

    axes.plot(one.history.km, percent(level), ".", color=MUTED, ms=3, label="days")
    axes.plot(one.history.km[AVERAGED - 1 :], percent(means), color=_LIFE, lw=2.0, label=f"mean of {AVERAGED}")
    limit = 100.0 * one.indicator.end
    ends_km = one.age_km + np.minimum(one.km, MOST_KM)
    way = percent(np.linspace(now, best + one.indicator.limit, 50))
    ahead = np.linspace(0.0, 1.0, 50)
    ways_km = [one.age_km + ahead * (ends_km[place] - one.age_km) for place in (LOW, MIDDLE, HIGH)]
    axes.fill_betweenx(way, ways_km[0], ways_km[2], color=_LIFE, alpha=0.18, lw=0, label="10 to 90 %")
    axes.plot(ways_km[1], way, color=_LIFE, lw=1.4, ls="--", label="median")
    axes.axhline(limit, color=_LIMIT, lw=1.2, label="end of life")
    axes.axvline(ends_km[REPLACE], color=INK, lw=1.2, ls=":", label="replace by")
    name = one.indicator.name.replace("_", " ")
    axes.set(xscale="log", xlabel="distance, km", ylabel="change from its best, %")
    axes.set_title(f"By indicator: {name}", loc="left", fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="best")
