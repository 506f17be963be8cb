"""The one form of every benchmark: rows with a value, what it is compared with, a goal, and whether it holds."""

import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from twin.plant.machines import names


@dataclass(slots=True)
class Row:
    """One figure. ``value`` None: not measured, ``reference_name`` says why and the row does not hold."""

    name: str
    value: float | None
    unit: str
    reference: float | None = None
    reference_name: str = ""
    goal: str = ""
    holds: bool | None = None


def at_least(name: str, value: float, unit: str, goal: float, reference: float | None = None, of: str = "") -> Row:
    """A row that holds when the value reaches the goal."""
    return Row(name, value, unit, reference, of, f">= {goal:g}", bool(value >= goal))


def at_most(name: str, value: float, unit: str, goal: float, reference: float | None = None, of: str = "") -> Row:
    """A row that holds when the value stays within the goal."""
    return Row(name, value, unit, reference, of, f"<= {goal:g}", bool(value <= goal))


def between(
    name: str, value: float, unit: str, low: float, high: float, reference: float | None = None, of: str = ""
) -> Row:
    """A row that holds when the value is inside."""
    return Row(name, value, unit, reference, of, f"{low:g} .. {high:g}", low <= value <= high)


def number(name: str, default: int) -> int:
    """``--NAME=N`` of the command line, or the default."""
    given = f"--{name}="
    return next((int(word.removeprefix(given)) for word in sys.argv[1:] if word.startswith(given)), default)


def seed(default: int) -> int:
    """Seed of the judging units: ``--seed=N`` of the command line, or the default."""
    return number("seed", default)


def variants(default: Sequence[str]) -> list[str]:
    """Variants named on the command line, with ``--all`` every one the simulator has a machine of, else the default."""
    if "--all" in sys.argv[1:]:
        return names()
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    unknown = sorted(set(given) - set(names()))
    if unknown:
        raise SystemExit(f"no machine of the simulator: {', '.join(unknown)}; there are {', '.join(names())}")
    return given or list(default)


def progress(text: str) -> None:
    """Say on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else ""
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def run(name: str, measure: Callable[[], list[Row]]) -> None:
    """Command line of a benchmark: a table, or with ``--json`` one JSON object as the last line of stdout."""
    as_json = "--json" in sys.argv[1:]
    rows = measure()
    if as_json:
        report = {"benchmark": name, "machine": machine(), "rows": [asdict(row) for row in rows]}
        print(json.dumps(report))
        return
    print(f"{name} on {machine()}")
    for row in rows:
        value = "not measured" if row.value is None else f"{row.value:,.4g} {row.unit}"
        versus = f"  against {row.reference:,.4g} {row.reference_name}" if row.reference is not None else ""
        goal = f"  goal {row.goal}: {'holds' if row.holds else 'MISSED'}" if row.goal else ""
        print(f"{row.name:32s} {value}{versus}{goal}")
