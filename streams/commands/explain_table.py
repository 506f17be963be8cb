"""An explanation as tables in the terminal."""

from datetime import UTC, datetime

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from schemas.results import Validity
from schemas.signals import SIGNALS
from streams.explain import Moment
from twin.explain import Explanation
from twin.layout import NODES

WIDTH = 120
BEYOND = 1e6  # a value with more digits than a table has room for
MOST_CHANGED = 4


def show(unit: str, found: Moment, explanation: Explanation) -> None:
    """Print where the estimate comes from, from inputs to corrections."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    row = found.step.row[0]
    begun = "its first archived frame" if found.snapshot_us is None else f"its row of {_time(found.snapshot_us)}"
    validity = Validity(int(row["thermal_validity"])).name.lower()
    console.print(f"[bold]{unit}[/bold] ({found.twin.name}, {found.twin.model_version}), segment {int(row['segment'])}")
    console.print(f"second that ended at {_time(explanation.closed_us)}; temperatures {validity}")
    console.print(f"replayed from {begun}, {found.frames} frames")
    console.print(_inputs(found))
    console.print(_losses(explanation))
    if not explanation.running:
        console.print("No balance: the filter started in this second, or the unit was silent until then.")
        return
    console.print(_balances(explanation))
    parts = explanation.rotor_parts
    console.print(
        f"Rotor as published: node {parts['node_c']:.2f} °C, its winding {parts['winding_above_it_k']:+.2f} K, "
        f"by resistance or flux {parts['by_thermometer_k']:+.2f} K\n"
    )
    console.print(_corrections(explanation))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in ("signal", "node", "sensor", "") else "right")
    return table


def _inputs(found: Moment) -> Table:
    sample = found.step.sample[0]
    table = _table("Inputs: the sample that closed the second", "signal", "value", "unit")
    for signal in SIGNALS:
        value = float(sample[signal.name])
        if value == value:
            table.add_row(signal.name, f"{value:.3g}" if abs(value) >= BEYOND else f"{value:.2f}", signal.unit)
    return table


def _losses(explanation: Explanation) -> Table:
    names = [name.removesuffix("_w") for name in explanation.losses_w]
    table = _table("Losses, W, at that sample", *names, "all")
    table.add_row(*(f"{value:.0f}" for value in (*explanation.losses_w.values(), sum(explanation.losses_w.values()))))
    return table


def _balances(explanation: Explanation) -> Table:
    columns = (
        "node",
        "before °C",
        "heat W",
        "from nodes W",
        "from outside W",
        "stored W",
        "after °C",
        "published °C",
        "± K",
    )
    table = _table("Balance of each node over the second: heat + from nodes + from coolant and air = stored", *columns)
    for i, node in enumerate(NODES):
        flows = explanation.from_nodes_w[i]
        largest = int(np.argmax(np.abs(flows)))
        table.add_row(
            node,
            f"{explanation.before_c[i]:.2f}",
            f"{explanation.heat_w[i]:.0f}",
            f"{flows.sum():.0f} ({NODES[largest]} {flows[largest]:.0f})",
            f"{explanation.from_outside_w[i]:.0f}",
            f"{explanation.stored_w[i]:.0f}",
            f"{explanation.published_c[i]:.2f}",
            f"{explanation.published_sd_k[i]:.2f}",
        )
    return table


def _corrections(explanation: Explanation) -> Table:
    table = _table(
        "What each reading changed by itself", "sensor", "reading °C", "NIS", "used", "most changed nodes, K"
    )
    for each in explanation.corrections:
        order = np.argsort(-np.abs(each.nodes_k))[:MOST_CHANGED]
        changes = ", ".join(f"{NODES[i]} {each.nodes_k[i]:+.3f}" for i in order)
        table.add_row(
            each.sensor,
            f"{each.reading_c:.2f}",
            f"{each.nis:.2f}",
            "yes" if each.used else "no, gated",
            changes if each.used else "",
        )
    if not explanation.corrections:
        table.add_row("none was read in this second")
    return table


def _time(time_us: int) -> str:
    return f"{datetime.fromtimestamp(time_us / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"
