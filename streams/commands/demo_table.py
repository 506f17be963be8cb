"""The fleet as a table in the terminal."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from math import isfinite

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.commands.demo_alerts import Line
from streams.commands.demo_fleet import Z90, Estimate, Summary

WIDTH = 156
"""Columns the table needs."""
MISMATCH = "variant_mismatch"


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
    table.add_column("seeded (truth)", min_width=17)
    table.add_column("alerts", min_width=23)
    for (maker, variant), lines in groupby(sorted(summaries, key=_order), key=lambda line: (line.maker, line.variant)):
        table.add_row(Text(f"{maker}: {variant}", style="bold"))
        for line in lines:
            table.add_row(
                line.unit,
                f"{line.distance_km:.0f}",
                _estimate(line.efficiency, 100.0, line.efficiency_validity),
                *(_estimate(estimate, 1.0) for estimate in line.temps.values()),
                Text(line.validity, style="" if line.validity == "valid" else "yellow"),
                Text(line.fault.replace("+", " "), style="magenta"),
                Text(" ".join(line.alerts), style="red"),
            )
        table.add_section()
    console.print(table)
    console.print(found(summaries))


def show_faults(lines: Sequence[Line], units: int, console: Console) -> None:
    """Print what was seeded and what the fleet stage told of it, then what it told of others."""
    table = Table(title="Seeded faults, and what people were told", box=SIMPLE_HEAD, pad_edge=False)
    for title in ("unit", "seeded (truth)", "begins, day", "grows, days", "told as", "diagnosis", "after, days"):
        table.add_column(title, no_wrap=True)
    for line in lines:
        days = [line.begins, line.grows_days, line.after_days] if line.fault else [None] * 3
        begins, grows, after = ("" if number is None else str(number) for number in days)
        told = Text(line.severity or "not found", style="red" if line.severity else "yellow")
        table.add_row(line.subject, Text(line.fault, style="magenta"), begins, grows, told, line.diagnosis, after)
    console.print(table)
    console.print(told_of(lines, units))


def told_of(lines: Sequence[Line], units: int) -> str:
    """How many seeded faults people were told of, and what they were told without one."""
    seeded = [line for line in lines if line.fault]
    found = sum(line.severity in ("ticket", "page") for line in seeded)
    others = Counter(line.severity for line in lines if not line.fault)
    false = ", ".join(f"{others[name]} {name}" for name in ("page", "ticket", "watch"))
    return f"fleet stage: {found} of {len(seeded)} seeded faults; of {units - len(seeded)} other units {false}"


def found(summaries: Sequence[Summary]) -> str:
    """How many units that have a fault raised an alert, and how many sound ones. New firmware is no fault.

    ``variant_mismatch`` alone says that something does not fit, not what: such units are counted, and told apart.
    """
    faulty = [line for line in summaries if line.fault.replace("software", "").strip("+")]
    sound = [line for line in summaries if line not in faulty]
    alerted, wrongly = (sum(bool(line.alerts) for line in part) for part in (faulty, sound))
    unnamed = sum(line.alerts == (MISMATCH,) for line in faulty)
    aside = f" ({unnamed} of them {MISMATCH} alone, which names no fault)" if unnamed else ""
    return (
        f"alerts from {alerted} of {len(faulty)} units with a seeded fault{aside} and {wrongly} of {len(sound)} others"
    )


def _order(line: Summary) -> tuple[str, str, str]:
    return line.maker, line.variant, line.unit


def _estimate(estimate: Estimate, scale: float, validity: str = "valid") -> Text:
    """The estimate and the truth; where there is none a dash and its reason."""
    if not isfinite(estimate.value):
        return Text(f"- {validity}", style="yellow")
    text = Text(f"{estimate.value * scale:.1f}±{estimate.sd * scale:.1f} ")
    deviations = abs(estimate.value - estimate.truth) / estimate.sd
    style = "green" if deviations <= Z90 else "yellow" if deviations <= 3.0 else "red"
    return text.append(f"{estimate.truth * scale:.1f}", style=style)
