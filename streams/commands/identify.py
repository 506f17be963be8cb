"""``edu-twin identify``: a variant's parameters from recorded runs, and how sure they are."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError
from streams.commands.fits import Fitted, FitTo, fit_to

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
    out: Annotated[Path | None, typer.Option(help="NAME.toml for the fitted variant NAME.", dir_okay=False)] = None,
    judge: Annotated[list[Path] | None, typer.Option(help="Other recordings to judge the fit by.")] = None,
    sd: Annotated[float, typer.Option(min=0.001, max=1.0, help="Prior SD of a logarithm where none is stated.")] = 0.1,
    variants: opening.VariantsOption = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Fit numbers of a variant to what was measured, starting from what its file says, and tell how sure each is.

    A number the data hardly say keeps close to its prior, and is marked as not identified.
    """
    from streams.commands.fit_checks import check_out, check_pace
    from streams.commands.progress import count
    from twin.identify import free, solve, with_values

    mapped, cut = _map(column_map), _rows(rows, what)
    fit_by = fit_to(what, mapped, column_map)
    before = _variant(variant or mapped.variant, variants)
    if out:
        check_out(out, before.name, variants)
    found = _recordings(source, mapped)
    chosen = [_cut(run, cut) for run in found if fnmatchcase(run.name, recordings)]
    if not chosen:
        raise UserError(f"--recordings {recordings}: none is called so; there are {_few([run.name for run in found])}")
    _check_judged(f"{source}: {_few([run.name for run in chosen])}", fit_by, chosen)
    others = {name: _recordings(path, mapped) for name, path in _judges(judge or [])}
    for name, path in _judges(judge or []):
        _check_judged(f"--judge {path}", fit_by, others[name])
    if what is not Fitted.MAP:
        check_pace([*found, *(run for runs in others.values() for run in runs)], before)
    with count("identify", "runs of the twin") as tell:
        try:
            target = fit_by.target(before, chosen)
            fit = solve(free(before.file, fit_by.patterns, sd), target, tell, target.errors)
        except ValueError as error:
            raise UserError(f"{source}: {error}") from None
    after = fit_by.changed(before, with_values(before.file, fit.by_key()))
    judged = {"fitted": chosen, "not fitted": _rest(found, recordings, cut, what)}
    report = _report(fit_by, (before, after), judged | others)
    if as_json:
        typer.echo(
            json.dumps(
                {"variant": before.name, "scales": fit.scales.tolist(), "numbers": _numbers(fit), "errors": report}
            )
        )
    else:
        _show(fit, report)
    if out:
        _write(out, before, fit, chosen, rows)


def _judges(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each path with what it is called in the report: its name, as far as no other has the same."""
    names = [path.name for path in paths] + ["fitted", "not fitted"]
    return [(path.name if names.count(path.name) == 1 else str(path), path) for path in paths]


def _check_judged(whose: str, fit_by: FitTo, runs: "Sequence[Recording]") -> None:
    if not any(map(fit_by.judged, runs)):
        raise UserError(f"{whose}: {fit_by.needs}")


def _report(
    fit_by: FitTo, variants: "Sequence[Variant]", judged: "dict[str, list[Recording]]"
) -> dict[str, list[dict[str, float]]]:
    """Errors of each variant on what was measured, by name of the recordings; none without a measured value."""
    known = {name: [run for run in runs if fit_by.judged(run)] for name, runs in judged.items()}
    return {name: [fit_by.scores(variant, runs) for variant in variants] for name, runs in known.items() if runs}


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

    where = origins([(run.file, run.name, len(run.times_us), int(run.clean.sum())) for run in runs], rows)
    try:
        out.write_text(write(out.stem, before.name, f"{before.title}, identified", fit, where), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--out {out}: {error.strerror}") from None


def _numbers(fit: "Fit") -> list[dict[str, Any]]:
    """SDs are of the logarithm, or of the number where ``sd_of`` says so."""
    return [
        {
            "key": number.key,
            "unit": number.unit,
            "before": number.value,
            "after": float(fit.values[k]),
            "sd_of": "value" if number.scale else "logarithm",
            "prior_sd": number.sd * (number.scale or 1.0),
            "posterior_sd": float(fit.posterior_sd[k]) * (number.scale or 1.0),
            "identified": bool(fit.identified[k]),
            "at_bound": bool(fit.at_bound[k]),
            "touched": bool(fit.touched[k]),
        }
        for k, number in enumerate(fit.free)
    ]


def _show(fit: "Fit", report: dict[str, list[dict[str, float]]]) -> None:
    for k, number in enumerate(fit.free):
        if not fit.touched[k]:
            continue
        known = "identified" if fit.identified[k] else "NOT identified: mostly its prior"
        if fit.at_bound[k]:
            known = "NOT identified: at its bound"
        sds = f"SD {number.text(number.sd)} -> {number.text(float(fit.posterior_sd[k]))}"
        typer.echo(f"{number.key:58s} {number.value:11.5g} -> {fit.values[k]:11.5g} {number.unit:12s} {sds}  {known}")
    bound = int(fit.at_bound.sum())
    typer.echo(
        f"{int(fit.identified.sum())} of {len(fit.free)} numbers identified, {int((~fit.touched).sum())} not touched; "
        f"errors {', '.join(f'{scale:.2g}' for scale in fit.scales)} times those expected"
        + (f"; {bound} at a bound: the data want what the file or its priors do not allow" if bound else "")
        + ("" if fit.converged else "; NOT converged")
    )
    for name, (before, after) in report.items():
        changes = ", ".join(f"{key} {before[key]:.4g} -> {after[key]:.4g}" for key in before)
        typer.echo(f"{name}: {changes}")
