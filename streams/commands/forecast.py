"""``edu-twin forecast``: how far each component of a unit is worn, how fast, and how long it will go on."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import opening
from streams.commands.errors import UserError

if TYPE_CHECKING:
    from schemas.components import Component
    from streams.forecast import Health, Unit
    from streams.log_files import Entry
    from twin.fleet.designs import Design, Designs
    from twin.fleet.indicators import Outlook
    from twin.fleet.prospects import Prospect, Wear


@dataclass(frozen=True, slots=True)
class Line:
    """One component of the unit."""

    component: "Component"
    wear: "Wear"
    health: "Health"
    prospect: "Prospect"


def forecast(
    lake: Annotated[Path, typer.Option(help="Lake with the fleet's day parts.", file_okay=False)],
    unit: Annotated[str, typer.Option(help="The unit.")],
    log: Annotated[
        Path | None,
        typer.Option(
            help="The fleet's log as a file, as of `edu-twin log`: a replaced part begins anew, and a unit's km begin "
            "where it was fitted.",
            dir_okay=False,
        ),
    ] = None,
    variants: opening.VariantsOption = None,
    picture: Annotated[Path | None, typer.Option(help="Write the picture here (PNG).", dir_okay=False)] = None,
    as_json: opening.JsonOption = False,
) -> None:
    """Remaining life of a unit by the use of its components and by its indicators: 10, 50 and 90 % quantiles in km,
    hours of driving and years, and "replace by", which one in twenty does not reach. Peers in the lake and replaced
    parts count; before any ended, an indicator's life is the distance the variant is designed for.
    """
    from schemas.daily import ServiceEvent
    from streams.commands.pictures import writable
    from streams.forecast import units
    from streams.indicators import outlooks, tracks
    from streams.sinks.lake import connect
    from twin.fleet.designs import Designs

    if picture:
        writable(picture, "--picture")
    try:
        reading, entries = connect(lake), _entries(log)
        fleet = units(reading, (one for one in entries if isinstance(one, ServiceEvent)))
    except FileNotFoundError as error:
        raise UserError(str(error)) from None
    found = [one for one in fleet if one.unit == unit]
    if not found:
        known = ", ".join(sorted({one.unit for one in fleet})[:5]) or "none"
        raise UserError(f"--unit {unit}: no driving day in the lake {lake}; units it has: {known}")
    chosen = max(found, key=lambda one: max(int(wear.day.max(initial=0)) for wear in one.wear.values()))
    design = _design(chosen.variant, variants)
    lines = _lines(fleet, chosen, design, Designs(variants))
    seen = outlooks(tracks(reading, entries), (chosen.unit, chosen.variant), design.distance_km)
    if as_json:
        typer.echo(json.dumps(_report(chosen, lines, seen)))
    else:
        from streams.commands import forecast_table

        forecast_table.show(chosen, lines, seen)
    if picture:
        from streams.commands import forecast_picture

        forecast_picture.draw(chosen, lines, seen, picture)
        typer.echo(f"picture: {picture}", err=True)


def _lines(fleet: "list[Unit]", unit: "Unit", design: "Design", designs: "Designs") -> list[Line]:
    """Components that wear, the one that ends first before the others."""
    from streams.forecast import peers
    from twin.fleet.prospects import lives, prospect

    lines = []
    for component, wear in unit.wear.items():
        found = prospect(lives(component, design.laws[component], peers(fleet, unit, component, designs)), wear)
        if found:
            lines.append(Line(component, wear, _health(unit, component, design), found))
    return sorted(lines, key=lambda line: float(line.prospect.km[0]))


def _health(unit: "Unit", component: "Component", design: "Design") -> "Health":
    """As the unit says; it does not know of a part that was replaced, whose ratio to the design is worked out here."""
    from streams.forecast import Health

    said, wear = unit.health.get(component, Health()), unit.wear[component]
    designed = float(wear.km[wear.since :].sum()) * float(design.damage_per_km[component])
    if not wear.since:
        return said
    return replace(said, damage=wear.now, design_ratio=wear.now / designed if designed > 0.0 else None)


def _entries(log: Path | None) -> "list[Entry]":
    from streams.log_files import LogFileError, read

    if log is None:
        return []
    try:
        return read(log)
    except LogFileError as error:
        raise UserError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--log {log}: {getattr(error, 'strerror', None) or error}") from None


def _design(variant: str, folder: Path | None) -> "Design":
    from twin.fleet.designs import design
    from twin.variants import VariantError, load

    try:
        return design(load(variant, folder))
    except VariantError as error:
        raise UserError(f"{error} (variants of your own: --variants FOLDER)") from None


def _report(unit: "Unit", lines: list[Line], seen: "list[Outlook]") -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "variant": unit.variant,
        "components": {
            line.component.name.lower(): {
                "damage": line.prospect.damage,
                "design_ratio": line.health.design_ratio,
                "validity": line.health.validity,
                "rates": asdict(line.prospect.rates),
                **_remaining(line.prospect),
            }
            for line in lines
        },
        "indicators": {
            one.indicator.name: {
                "end_of_life_change": one.indicator.end,
                "share": one.progress.share,
                "share_sd": one.progress.noise,
                "days": len(one.history.day),
                "age_km": one.age_km,
                **_remaining(one),
            }
            for one in seen
        },
    }


def _remaining(found: "Prospect | Outlook") -> dict[str, dict[str, float]]:
    from twin.fleet.life import LEVELS

    return {
        f"remaining_{clock}": dict(zip(map(str, LEVELS), map(float, getattr(found, clock)), strict=True))
        for clock in ("km", "hours", "days")
    }
