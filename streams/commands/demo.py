"""``edu-twin demo``: a simulated fleet through the real pipeline, then its page; nothing else needs to run."""

import shutil
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from streams.commands import opening
from streams.commands.errors import UserError

PICTURE = "fleet.png"
LOG = "fleet.jsonl"
DEFAULT_FOLDER = Path(".edu-twin/demo")
MARK = ".edu-twin-demo"
"""Lies in a folder that a demo has made: what it left there may be replaced by the next."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder for lake and picture.", file_okay=False)] = DEFAULT_FOLDER,
    units: opening.UnitsOption = 60,
    days: opening.DaysOption = 45,
    seed: opening.SeedOption = 1,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the page until Ctrl-C, or end at once (also with --json).")
    ] = True,
    own: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Simulate a fleet, run its twins, and show it: a table here, a picture, a lake of Parquet files and the fleet's
    log in --out, and the page at EDU_TWIN_SERVE__PORT.

    The result depends on --units, --days and --seed only.
    """
    from streams.commands import demo_alerts, demo_picture, demo_run, demo_scenario, demo_table
    from streams.commands.demo_fleet import Watched, summarise
    from streams.commands.progress import bar
    from streams.log_files import lines as log_lines
    from streams.sources.plant import PlantSource
    from streams.sources.registry import registrations
    from twin import variants

    began_s = time.perf_counter()
    opening.open_twins(own)  # what is wrong with a variant is said before anything else
    lake = _fresh_lake(out)
    watched = Watched(lake)
    plans = demo_scenario.scenario(units, days, seed, variants.names(own)).plans()
    with bar(f"{units} units, {days} days", sum(PlantSource(plan).frames for plan in plans)) as shown:
        report, truth, alerts = demo_run.run_all(plans, own, lake, shown)
    watched.truth.update(truth)
    (out / LOG).write_text("".join(log_lines(one for plan in plans for one in registrations(plan))), encoding="utf-8")
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
    if serve:
        _serve(lake, out / LOG, own)


def _serve(lake: Path, log: Path, own: Path | None) -> None:
    """The page of this fleet, in a browser where there is one to open it."""
    import sys

    from streams.commands.serve import serve_lake
    from streams.serve.commands_log import FileLog

    serve_lake(lake, FileLog(log), own, open_browser=sys.stdout.isatty())


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
