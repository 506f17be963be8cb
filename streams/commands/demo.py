"""``edu-twin demo``: a simulated fleet through the real pipeline, with no server at all."""

import shutil
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from streams.commands import opening
from streams.commands.errors import UserError

PICTURE = "fleet.png"
DEFAULT_FOLDER = Path(".edu-twin/demo")
MARK = ".edu-twin-demo"
"""Lies in a folder that a demo has made: what it left there may be replaced by the next."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder for lake and picture.", file_okay=False)] = DEFAULT_FOLDER,
    units: opening.UnitsOption = 60,
    days: opening.DaysOption = 45,
    seed: opening.SeedOption = 1,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Accepted for scripts; nothing is served yet.")
    ] = True,
    own: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Simulate a fleet, run its twins, and show it: a table here, a picture and a lake of Parquet files in --out.

    The result depends on --units, --days and --seed only.
    """
    from streams.commands import demo_alerts, demo_picture, demo_run, demo_scenario, demo_table
    from streams.commands.demo_fleet import Watched, summarise
    from streams.commands.progress import bar
    from streams.sources.plant import PlantSource
    from twin import variants

    began_s = time.perf_counter()
    opening.open_twins(own)  # what is wrong with a variant is said before anything else
    lake = _fresh_lake(out)
    watched = Watched(lake)
    plans = demo_scenario.scenario(units, days, seed, variants.names(own)).plans()
    with bar(f"{units} units, {days} days", sum(PlantSource(plan).frames for plan in plans)) as shown:
        report, truth, alerts = demo_run.run_all(plans, own, lake, shown)
    watched.truth.update(truth)
    named = sorted((unit.name, plan.maker, unit.machine.name) for plan in plans for unit in plan.units)
    lines = [line for one in named if (line := summarise(watched, *one))]
    demo_picture.draw(lines, watched, out / PICTURE)
    found = [line for plan in plans for line in demo_alerts.compare(plan, alerts[plan.maker])]
    report["seconds"] = round(time.perf_counter() - began_s, 3)
    if as_json:
        # orjson: what is not known is null, for JSON has no NaN
        typer.echo(orjson.dumps(report | {"fleet": lines, "faults": found, "out": str(out)}).decode())
        return

    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, demo_table.WIDTH)
    demo_table.show(lines, console)
    demo_table.show_faults(found, len(lines), console)
    points = sum(report["points"].values())
    console.print(f"{points} points of {report['units']} units in {report['seconds']:.0f} s")
    console.print(f"lake     {lake}\npicture  {out / PICTURE}", highlight=False)


def _fresh_lake(out: Path) -> Path:
    """An empty lake in ``out``; the one of an earlier demo goes, anything else is left alone."""
    lake = out / "lake"
    try:
        if lake.exists() and any(lake.iterdir()):
            if not (out / MARK).exists():
                raise UserError(f"{lake} is not empty and no demo's; give another folder with --out")
            shutil.rmtree(lake)
        lake.mkdir(parents=True, exist_ok=True)
        (out / MARK).touch()
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None
    return lake
