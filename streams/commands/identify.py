"""``edu-twin identify``: a variant's parameters from recorded runs, and how sure they are."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError
from streams.commands.fits import Fitted, fit_to

if TYPE_CHECKING:
    from streams.sources.files import Recording
    from streams.sources.maps import ColumnMap
    from twin.identify import Fit
    from twin.variants import Variant


def identify(
    source: Annotated[Path, typer.Argument(metavar="RECORDINGS", help="Parquet or CSV file, or a folder of them.")],
    column_map: Annotated[
        str, typer.Option("--map", help="Column map, a shipped name (lea-pmsm-temperature) or a file.")
    ],
    what: Annotated[Fitted, typer.Option("--fit", help="Measured values to fit to.")] = Fitted.TEMPERATURES,
    variant: Annotated[str, typer.Option(help="Variant to begin with; default: the map's.")] = "",
    recordings: Annotated[
        str, typer.Option(metavar="GLOB", help="Names of the recordings to fit to; the others judge. '*[13579]': odd.")
    ] = "*",
    rows: Annotated[
        str, typer.Option(metavar="FROM:TO:STEP", help="Rows of each recording to fit to; the others of a map judge.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="TOML file for the fitted variant.", dir_okay=False)] = None,
    judge: Annotated[list[Path] | None, typer.Option(help="Other recordings to judge the fit by.")] = None,
    sd: Annotated[float, typer.Option(min=0.001, max=1.0, help="Prior SD of a logarithm where none is stated.")] = 0.1,
    variants: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Fit numbers of a variant to what was measured, starting from what its file says, and tell how sure each is.

    A number the data hardly say keeps close to its prior, and is marked as not identified.
    """
    from streams.commands.progress import count
    from twin.identify import free, solve, with_values

    mapped, cut = _map(column_map), _rows(rows, what)
    fit_by = fit_to(what, mapped, column_map)
    before = _variant(variant or mapped.variant, variants)
    found = _recordings(source, mapped)
    chosen = [_cut(run, cut) for run in found if fnmatchcase(run.name, recordings)]
    if not chosen:
        raise UserError(f"--recordings {recordings}: none is called so; there are {_few([run.name for run in found])}")
    with count("identify", "runs of the twin") as tell:
        try:
            target = fit_by.target(before, chosen)
            fit = solve(free(before.file, fit_by.patterns, sd), target, tell, target.errors)
        except ValueError as error:
            raise UserError(f"{source}: {error}") from None
    after = fit_by.changed(before, with_values(before.file, fit.by_key()))
    judged = {"fitted": chosen, "not fitted": _rest(found, recordings, cut, what)}
    judged |= {path.name: _recordings(path, mapped) for path in judge or []}
    report = {name: [fit_by.scores(which, runs) for which in (before, after)] for name, runs in judged.items() if runs}
    if out:
        _write(out, before, fit, chosen, rows)
    if as_json:
        typer.echo(
            json.dumps(
                {"variant": before.name, "scales": fit.scales.tolist(), "numbers": _numbers(fit), "errors": report}
            )
        )
        return
    _show(fit, report)


def _map(name: str) -> "ColumnMap":
    from streams.sources import SourceError
    from streams.sources.maps import load

    try:
        return load(name)
    except SourceError as error:
        raise UserError(str(error)) from None


def _variant(name: str, folder: Path | None) -> "Variant":
    from twin.variants import VariantError, load

    try:
        return load(name, folder)
    except VariantError as error:
        raise UserError(str(error)) from None


def _recordings(path: Path, column_map: "ColumnMap") -> "list[Recording]":
    from streams.sources import SourceError
    from streams.sources.files import FileSource

    try:
        source = FileSource(path, column_map, for_fit=True)
    except SourceError as error:
        raise UserError(str(error)) from None
    return sorted((run for runs in source.recordings.values() for run in runs), key=lambda run: run.name)


def _rows(text: str, what: Fitted) -> slice:
    """Python's slice: points may be thinned out, a run of the twin must not have holes."""
    parts = text.split(":") if text else ["", ""]
    try:
        cut = slice(*(int(part) if part else None for part in parts))
    except ValueError:
        cut = slice(0)
    if len(parts) not in (2, 3) or cut == slice(0) or (cut.step or 1) < 1:
        raise UserError(f"--rows {text}: give FROM:TO or FROM:TO:STEP, such as 0:3000 or 1::2")
    if (cut.step or 1) > 1 and what is not Fitted.MAP:
        raise UserError(f"--rows {text}: a STEP is for points of --fit map; a recording must be without holes")
    return cut


def _cut(run: "Recording", rows: Any) -> "Recording":
    """Some rows (slice, or an array of bool) of a recording."""
    if not len(run.times_us[rows]):
        raise UserError(f"{run.file}: {run.name}: --rows leaves none of {len(run.times_us)} rows")
    signals, measured = (
        {name: values[rows] for name, values in table.items()} for table in (run.signals, run.measured)
    )
    return run._replace(times_us=run.times_us[rows], signals=signals, measured=measured, clean=run.clean[rows])


def _rest(found: "Sequence[Recording]", pattern: str, rows: slice, what: Fitted) -> "list[Recording]":
    """Whole recordings that were not chosen, and the points of a map that were not."""
    import numpy as np

    rest = []
    for run in found:
        left = np.ones(len(run.times_us), dtype=bool)
        if fnmatchcase(run.name, pattern):
            left[rows if what is Fitted.MAP else slice(None)] = False
        if left.any():
            rest.append(_cut(run, left))
    return rest


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _write(out: Path, before: "Variant", fit: "Fit", runs: "Sequence[Recording]", rows: str) -> None:
    from twin.identify import write
    from twin.identify.toml import origins

    if out.suffix != ".toml":
        raise UserError(f"--out {out}: must end in .toml; its name is the variant's")
    where = origins([(run.file, run.name, len(run.times_us), int(run.clean.sum())) for run in runs], rows)
    try:
        out.write_text(write(out.stem, before.name, f"{before.title}, identified", fit, where), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None


def _numbers(fit: "Fit") -> list[dict[str, Any]]:
    each = zip(fit.free, fit.values, fit.posterior_sd, fit.identified, fit.touched, strict=True)
    return [
        {
            "key": number.key,
            "unit": number.unit,
            "before": number.value,
            "after": float(value),
            "prior_sd": number.sd,
            "posterior_sd": float(posterior_sd),
            "identified": bool(known),
            "touched": bool(touched),
        }
        for number, value, posterior_sd, known, touched in each
    ]


def _show(fit: "Fit", report: dict[str, list[dict[str, float]]]) -> None:
    for line in _numbers(fit):
        if not line["touched"]:
            continue
        known = "identified" if line["identified"] else "NOT identified: mostly its prior"
        sds = f"SD {line['prior_sd']:.1%} -> {line['posterior_sd']:.1%}"
        typer.echo(
            f"{line['key']:58s} {line['before']:11.5g} -> {line['after']:11.5g} {line['unit']:12s} {sds}  {known}"
        )
    typer.echo(
        f"{int(fit.identified.sum())} of {len(fit.free)} numbers identified, {int((~fit.touched).sum())} not touched; "
        f"errors {', '.join(f'{scale:.2g}' for scale in fit.scales)} times those expected"
        + ("" if fit.converged else "; NOT converged")
    )
    for name, (before, after) in report.items():
        changes = ", ".join(f"{key} {before[key]:.4g} -> {after[key]:.4g}" for key in before)
        typer.echo(f"{name}: {changes}")
