"""``edu-twin demo``: a simulated fleet through the real pipeline, and its page; nothing else needs to run."""

import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from streams.commands import opening
from streams.commands import serve as serving
from streams.commands.errors import UserError

if TYPE_CHECKING:
    from streams.serve.web.server import Server
    from streams.sources.fleet import Plan

PICTURE = "fleet.png"
LOG = "fleet.jsonl"
LAKE = "lake"
DEFAULT_FOLDER = Path(".edu-twin/demo")
REFRESH_S = 2.0
"""A day of the fleet takes about a second."""
MARK = ".edu-twin-demo"
"""Lies in a folder that a demo has made: what it left there may be replaced by the next."""


def demo(
    out: Annotated[Path, typer.Option(help="Folder for lake and picture.", file_okay=False)] = DEFAULT_FOLDER,
    units: opening.UnitsOption = 60,
    days: opening.DaysOption = 45,
    seed: opening.SeedOption = 1,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve/--no-serve", help="Serve the page meanwhile and until Ctrl-C, or end at once (also with --json)."
        ),
    ] = True,
    own: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Simulate a fleet, run its twins, and show it: the page at EDU_TWIN_SERVE__PORT, which follows while it goes on, a
    table here, a picture, a lake of Parquet files and the fleet's log in --out.

    The result depends on --units, --days and --seed only.
    """
    from streams.commands import demo_scenario
    from twin import variants

    opening.open_twins(own)  # what is wrong with a variant is said before anything else
    with ExitStack() as until_the_end:
        server = until_the_end.enter_context(serving.listening()) if serve and not as_json else None
        lake = _fresh_lake(out)
        plans = demo_scenario.scenario(units, days, seed, variants.names(own)).plans()
        _register(plans, out / LOG)
        if server:
            _follow(server, lake, out / LOG, own)
        _run(plans, f"{units} units, {days} days", own, out, as_json)
        if server:
            server.until_told(lambda: serving.announce(server))


def _run(plans: "list[Plan]", title: str, own: Path | None, out: Path, as_json: bool) -> None:
    """Simulate, and show what came of it."""
    from streams.commands import demo_alerts, demo_picture, demo_run, demo_table
    from streams.commands.demo_fleet import Watched, summarise
    from streams.commands.progress import bar
    from streams.sources.plant import PlantSource

    began_s = time.perf_counter()
    lake = out / LAKE
    watched = Watched(lake)
    with bar(title, sum(PlantSource(plan).frames for plan in plans)) as shown:
        report, truth, alerts = demo_run.run_all(plans, own, lake, shown)
    watched.truth.update(truth)
    named = sorted((unit.name, plan.maker, unit.machine.name) for plan in plans for unit in plan.units)
    lines = [line for one in named if (line := summarise(watched, *one))]
    demo_picture.draw(lines, watched, out / PICTURE)
    found = [line for plan in plans for line in demo_alerts.compare(plan, alerts[plan.maker])]
    report["seconds"] = round(time.perf_counter() - began_s, 3)
    if as_json:
        # orjson: what is not known is null, for JSON has no NaN
        told: dict[str, Any] = report | {"fleet": lines, "faults": found, "out": str(out)}
        typer.echo(orjson.dumps(told).decode())
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


def _register(plans: "list[Plan]", log: Path) -> None:
    from streams.log_files import lines
    from streams.sources.registry import registrations

    log.write_text("".join(lines(one for plan in plans for one in registrations(plan))), encoding="utf-8")


def _follow(server: "Server", lake: Path, log: Path, own: Path | None) -> None:
    """The page of this fleet, in a browser where there is one to open it."""
    from streams.serve.commands_log import FileLog
    from streams.serve.lake_reader import LakeReader

    serving.start(server, LakeReader(lake), FileLog(log), own, REFRESH_S)
    serving.announce(server, open_browser=sys.stdout.isatty())


def _fresh_lake(out: Path) -> Path:
    """An empty lake in ``out``; the one of an earlier demo goes, anything else is left alone."""
    lake = out / LAKE
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
