"""``edu-twin simulate``: a fleet described in TOML, to Kafka, to files, or through the pipeline into a lake."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError

if TYPE_CHECKING:
    from streams.sources.fleet import Plan
    from streams.sources.plant import PlantSource, Watch
    from twin.twin import Twin

DEFAULT_CYCLES = Path("../shared/data/drive-cycles")


def simulate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Shipped name, or TOML file; 'list' names them.")],
    brokers: Annotated[str, typer.Option("--kafka", metavar="HOST:PORT", help="Send to Kafka.")] = "",
    out: Annotated[Path | None, typer.Option("--files", help="Folder for telemetry.", file_okay=False)] = None,
    lake: Annotated[
        Path | None, typer.Option(help="Run the twins and keep their results here.", file_okay=False)
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Folder for the truth as Parquet, beside any output.", file_okay=False)
    ] = None,
    maker: Annotated[str, typer.Option(help="Only this maker's units.")] = "",
    days: Annotated[int, typer.Option(min=0, help="Instead of the scenario's days.")] = 0,
    rate: Annotated[int, typer.Option(min=0, max=10, help="Samples a second, 1 or 10, instead of the scenario's.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, max=(1 << 63) - 1, help="Instead of the scenario's seed.")] = None,
    speed: Annotated[float, typer.Option(min=0.0, help="Kafka: event seconds per second; 0: no waiting.")] = 0.0,
    cycles: Annotated[Path, typer.Option(help="Folder of recorded driving cycles.", file_okay=False)] = DEFAULT_CYCLES,
    variants: opening.VariantsOption = None,
    form: opening.FormOption = opening.Form.FLOAT32,
    as_json: opening.JsonOption = False,
) -> None:
    """Simulate SCENARIO; its data depends on the description, the seed and nothing else.

    Makers follow each other, each into its own topic, with the truth of Kafka's frames in edu.MAKER.truth.v1; the order
    of units, cuts and processes changes nothing.
    """
    from streams.commands.simulate_kafka import to_kafka
    from streams.sources import scenario as scenarios
    from streams.sources.truth import UnitFiles

    if scenario == "list":
        for name in scenarios.names():
            typer.echo(f"{name:18s} {scenarios.load(name).title}")
        return
    if sum(bool(target) for target in (brokers, out, lake)) > 1 or not (brokers or out or lake or truth):
        raise UserError("say where to: one of --kafka HOST:PORT, --files DIR or --lake DIR; --truth DIR goes with any")
    if rate not in (0, 1, 10):
        raise UserError(f"--rate {rate}: 1 or 10 samples a second")
    if truth and out and truth.resolve() == out.resolve():
        raise UserError(f"--files and --truth are both {out}: their files have the same names")
    changes = {"days": days or None, "rate": rate or None, "seed": seed}
    plans = _plans(scenario, maker, {key: value for key, value in changes.items() if value is not None}, cycles)
    twins = opening.open_twins(variants) if lake else {}
    for option, folder in {"--files": out, "--lake": lake, "--truth": truth}.items():
        if folder:
            opening.make_folder(option, folder)
    files = UnitFiles(truth) if truth else None
    watch = files.see if files else None
    int16 = form is opening.Form.INT16
    began_s = time.perf_counter()
    reports = []
    try:
        for plan in plans:
            if brokers:
                reports.append(to_kafka(plan, watch, brokers, speed, int16))
            else:
                reports.append(_one(plan, twins, watch, out, lake, int16))
    finally:
        if files:
            files.close()
    if as_json:
        typer.echo(json.dumps({"makers": reports, "seconds": round(time.perf_counter() - began_s, 3)}))
    else:
        for report in reports:
            typer.echo(f"{report['maker']}: {report['frames']} frames of {report['units']} units to {report['to']}")
        typer.echo(f"{time.perf_counter() - began_s:.1f} s")


def _plans(scenario: str, maker: str, changes: dict[str, Any], cycles: Path) -> "Sequence[Plan]":
    from streams.sources import SourceError
    from streams.sources import scenario as scenarios

    try:
        described = scenarios.load(scenario, **changes)
    except SourceError as error:
        raise UserError(str(error)) from None
    try:
        plans = described.plans(cycles)
    except SourceError as error:
        raise UserError(f"{scenario}: {error}") from None
    chosen = [plan for plan in plans if maker in ("", plan.maker)]
    if not chosen:
        raise UserError(f"--maker {maker}: {scenario} has units of {', '.join(plan.maker for plan in plans)}")
    return chosen


def _one(
    plan: "Plan",
    twins: "Mapping[str, Twin]",
    watch: "Watch | None",
    out: Path | None,
    lake: Path | None,
    int16: bool,
) -> dict[str, object]:
    """One maker's fleet to where it shall go, without a broker."""
    from streams.commands.progress import bar
    from streams.sources.plant import PlantSource

    source = PlantSource(plan, watch)
    report: dict[str, object] = {"maker": plan.maker, "units": len(plan.units), "frames": source.frames}
    with bar(f"{plan.maker}, {plan.days} days", source.frames) as shown:
        if lake:
            from streams.commands.running import run
            from streams.sinks.lake import LakeSink

            return report | {"to": str(lake)} | run(source, twins, [LakeSink(lake)], shown, int16=int16)
        return report | {"to": str(out or "truth only")} | _to_files(source, out, shown)


def _to_files(source: "PlantSource", out: Path | None, shown: Any) -> dict[str, object]:
    """Every frame in the order of sending, each unit in a file of its own."""
    from streams.sources.truth import UnitFiles, telemetry_table

    files = UnitFiles(out) if out else None
    frames = samples = 0
    try:
        for block in source.blocks():
            frames += 1
            if files:
                files.append(block.identity.unit, telemetry_table(block))
            samples += len(block.times_us)
            shown.advance(1, int(block.times_us[-1]))
    finally:
        if files:
            files.close()
    return {"frames": frames, "samples": samples}
