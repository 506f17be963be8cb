"""A forecast as a table in the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from streams.commands.forecast import Line
from streams.forecast import Unit
from twin.fleet.indicators import Outlook
from twin.fleet.life import LEVELS, Floats

WIDTH = 140
DAYS_A_YEAR = 365.25
MOST_KM, MOST_H, MOST_YEARS = 1e7, 1e6, 100.0
"""More than this is no life a vehicle has: the component does not wear out."""
REPLACE, LOW, MIDDLE, HIGH = (LEVELS.index(level) for level in (0.05, 0.1, 0.5, 0.9))


def show(unit: Unit, lines: Sequence[Line], seen: Sequence[Outlook]) -> None:
    """Print one line per component and one per indicator, the one that ends first on top."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    if not lines:
        console.print(f"{unit.unit} ({unit.variant}): nothing has worn yet; it needs days with driving")
        return
    days = lines[0].wear
    console.print(
        f"[bold]{unit.unit}[/bold] ({unit.variant}): {days.km.sum():,.0f} km and {days.hours.sum():,.0f} h of driving "
        f"in the lake"
    )
    table = Table(
        caption="Remaining life if used as it was: quantiles, wide as lives scatter. / design: damage over that of the "
        "design profile at the same distance. ?: peaks were lost, the samples are means.",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("component", no_wrap=True)
    for title in ("damage", "/ design", "per 1,000 km", "replace by km", "10 / 50 / 90 % km", "hours", "years"):
        table.add_column(title, justify="right", no_wrap=True)
    for line in lines:
        found = line.prospect
        table.add_row(
            line.component.name.lower(),
            f"{found.damage:.2e}" + ("" if line.health.validity in ("valid", "no_data") else "?"),
            "" if line.health.design_ratio is None else f"{line.health.design_ratio:.2g}",
            f"{1_000.0 * found.rates.per_km:.2e}",
            short(found.km[REPLACE], MOST_KM),
            _three(found.km, MOST_KM),
            _three(found.hours, MOST_H),
            _three(found.days / DAYS_A_YEAR, MOST_YEARS),
        )
    console.print(table)
    if seen:
        console.print(_indicators(seen))


def _indicators(seen: Sequence[Outlook]) -> Table:
    table = Table(
        caption="Remaining life by what the unit shows: share of the way from its best to the end of life, and its SD.",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("indicator", no_wrap=True)
    for title in ("ends at", "share of the way", "replace by km", "10 / 50 / 90 % km", "hours", "years"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in seen:
        table.add_row(
            one.indicator.name,
            f"{one.indicator.end:+.3g}",
            f"{one.progress.share:.2f} ± {one.progress.noise:.2f}",
            short(one.km[REPLACE], MOST_KM),
            _three(one.km, MOST_KM),
            _three(one.hours, MOST_H),
            _three(one.days / DAYS_A_YEAR, MOST_YEARS),
        )
    return table


def _three(quantiles: Floats, most: float) -> str:
    if quantiles[LOW] > most:
        return short(quantiles[LOW], most)
    return " / ".join(short(quantiles[place], most) for place in (LOW, MIDDLE, HIGH))


def short(value: float, most: float) -> str:
    """Two digits are all a forecast has."""
    more = ">" if value > most else ""
    value = min(value, most)
    for scale, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 0.95 * scale:
            return f"{more}{float(f'{value / scale:.2g}'):g}{letter}"
    return f"{more}{float(f'{value:.2g}'):g}"
