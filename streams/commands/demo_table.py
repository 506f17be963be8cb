"""The fleet as a table in the terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.commands.demo_fleet import Z90, Estimate, Summary

WIDTH = 132
"""Columns the table needs."""


def show(summaries: Sequence[Summary], console: Console) -> None:
    """Print one line per unit: estimate ± standard deviation, and the simulator's truth behind it."""
    table = Table(
        title="After the last drive: estimate ± standard deviation, then the simulator's truth",
        caption="truth in green: within 1.64 SD (9 of 10 should be); yellow: within 3; red: beyond",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0,
    )
    table.add_column("unit", no_wrap=True)
    table.add_column("km", justify="right", no_wrap=True, min_width=5)
    for title in ("efficiency %", "winding °C", "rotor °C", "oil °C"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("validity", no_wrap=True)
    table.add_column("seeded (truth)", no_wrap=True)
    for variant, lines in groupby(sorted(summaries, key=_order), key=lambda line: line.variant):
        table.add_row(Text(variant, style="bold"))
        for line in lines:
            table.add_row(
                line.unit,
                f"{line.distance_km:.0f}",
                _estimate(line.efficiency, 100.0),
                *(_estimate(estimate, 1.0) for estimate in line.temps.values()),
                Text(line.validity, style="" if line.validity == "valid" else "yellow"),
                Text(line.fault, style="magenta"),
            )
        table.add_section()
    console.print(table)


def _order(line: Summary) -> tuple[str, str]:
    return line.variant, line.unit


def _estimate(estimate: Estimate, scale: float) -> Text:
    text = Text(f"{estimate.value * scale:.1f}±{estimate.sd * scale:.1f} ")
    deviations = abs(estimate.value - estimate.truth) / estimate.sd
    style = "green" if deviations <= Z90 else "yellow" if deviations <= 3.0 else "red"
    return text.append(f"{estimate.truth * scale:.1f}", style=style)
