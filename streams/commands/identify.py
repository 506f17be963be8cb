"""``edu-twin identify``: a variant's parameters from a recorded run, and how sure they are."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError

if TYPE_CHECKING:
    from streams.sources.maps import ColumnMap
    from twin.identify import Fit
    from twin.identify.open_loop import Bench
    from twin.variants import Variant


def identify(
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="Parquet or CSV file of a bench run.")],
    column_map: Annotated[
        str, typer.Option("--map", help="Column map with [measured]: a shipped name (lea-pmsm-temperature) or a file.")
    ],
    variant: Annotated[str, typer.Option(help="Variant to begin with; default: the map's.")] = "",
    out: Annotated[Path | None, typer.Option(help="TOML file for the fitted variant.", dir_okay=False)] = None,
    judge: Annotated[list[Path] | None, typer.Option(help="Other recordings to judge the fit by.")] = None,
    sd: Annotated[float, typer.Option(min=0.001, max=1.0, help="Prior SD of a logarithm where none is stated.")] = 0.1,
    variants: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Fit capacities, heat paths and losses of a variant to temperatures measured on a bench, open loop.

    Only numbers that the recording identifies are changed and written; the others stay as they were, and are listed.
    """
    from streams.commands.progress import count
    from twin.identify import free, solve, with_values
    from twin.identify.open_loop import changed
    from twin.identify.thermal import PATTERNS, Temperatures

    mapped = _map(column_map)
    before = _variant(variant or mapped.variant, variants)
    benches = _benches(recording, mapped)
    with count("identify", "runs of the twin") as tell:
        try:
            fit = solve(free(before.file, PATTERNS, sd), Temperatures(before, benches), tell)
        except ValueError as error:
            raise UserError(f"{recording}: {error}") from None
    after = changed(before, with_values(before.file, fit.by_key()))
    judged = {path.name: _benches(path, mapped) for path in [recording, *(judge or [])]}
    report = {name: [_scores(which, runs) for which in (before, after)] for name, runs in judged.items()}
    if out:
        _write(out, before, fit, recording, sum(len(bench.times_us) for bench in benches))
    if as_json:
        typer.echo(json.dumps({"variant": before.name, "numbers": _numbers(fit), "errors": report}))
        return
    _show(fit, report)


def _map(name: str) -> "ColumnMap":
    from streams.sources import SourceError
    from streams.sources.maps import load

    try:
        found = load(name)
    except SourceError as error:
        raise UserError(str(error)) from None
    if not found.measured:
        raise UserError(f"map {name}: names no temperatures in [measured]: there is nothing to fit to")
    return found


def _variant(name: str, folder: Path | None) -> "Variant":
    from twin.variants import VariantError, load

    try:
        return load(name, folder)
    except VariantError as error:
        raise UserError(str(error)) from None


def _benches(path: Path, column_map: "ColumnMap") -> "list[Bench]":
    """The recordings of a file as runs on a bench."""
    from streams.sources import SourceError
    from streams.sources.files import FileSource
    from twin.identify.open_loop import bench

    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        source = FileSource(path, column_map)
    except SourceError as error:
        raise UserError(str(error)) from None
    return [bench(r.name, r.times_us, r.signals, r.measured) for runs in source.recordings.values() for r in runs]


def _scores(variant: "Variant", benches: "list[Bench]") -> dict[str, float]:
    """Mean squared error [K2] of each temperature and of all, and the worst error [K], open loop from the first row."""
    import numpy as np

    from twin.identify.thermal import errors_k

    errors: dict[str, list[Any]] = {}
    for run in benches:
        for name, error_k in errors_k(variant, run).items():
            errors.setdefault(name, []).append(error_k[np.isfinite(error_k)])
    joined = {name: np.concatenate(parts) for name, parts in errors.items()}
    each = {f"{name}_mse_k2": float(np.mean(error_k**2)) for name, error_k in joined.items()}
    worst_k = max(float(np.max(np.abs(error_k))) for error_k in joined.values())
    return {"mse_k2": sum(each.values()) / len(each), "worst_k": worst_k} | each


def _write(out: Path, before: "Variant", fit: "Fit", recording: Path, rows: int) -> None:
    from twin.identify import write
    from twin.identify.toml import origin

    if out.suffix != ".toml":
        raise UserError(f"--out {out}: must end in .toml; its name is the variant's")
    title = f"{before.title}, identified"
    try:
        out.write_text(write(out.stem, before.name, title, fit, [origin(recording, rows)]), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None


def _numbers(fit: "Fit") -> list[dict[str, Any]]:
    each = zip(fit.free, fit.values, fit.posterior_sd, fit.identified, strict=True)
    return [
        {
            "key": number.key,
            "unit": number.unit,
            "before": number.value,
            "after": float(value),
            "prior_sd": number.sd,
            "posterior_sd": float(posterior_sd),
            "identified": bool(known),
        }
        for number, value, posterior_sd, known in each
    ]


def _show(fit: "Fit", report: dict[str, list[dict[str, float]]]) -> None:
    for line in _numbers(fit):
        known = "identified" if line["identified"] else "NOT identified: kept"
        sds = f"SD {line['prior_sd']:.1%} -> {line['posterior_sd']:.1%}"
        typer.echo(
            f"{line['key']:58s} {line['before']:11.5g} -> {line['after']:11.5g} {line['unit']:12s} {sds}  {known}"
        )
    typer.echo(
        f"{int(fit.identified.sum())} of {len(fit.free)} numbers identified"
        + ("" if fit.converged else "; NOT converged")
    )
    for name, (before, after) in report.items():
        changes = ", ".join(f"{key} {before[key]:.3g} -> {after[key]:.3g}" for key in before)
        typer.echo(f"{name}: {changes}")
