"""What a lake and the fleet's log say about the wear of units: histories for ``twin.fleet.prospects``."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np

from schemas.components import Component, Law
from schemas.daily import RENEWS, ServiceEvent
from twin.fleet.designs import Design, Designs
from twin.fleet.lives import Peer
from twin.fleet.prospects import OTHER_VARIANT_WEIGHT, SUMMED, Wear
from twin.layout import DAY_US

_DAYS = """
    SELECT unit, variant, day, sum(distance_m) / 1000 AS km, sum(driving_s) / 3600 AS hours,
        list(wear ORDER BY part) FILTER (wear IS NOT NULL) AS wear
    FROM day_parts GROUP BY unit, variant, day ORDER BY unit, variant, day"""
_HEALTH = """
    SELECT unit, variant, component, arg_max(damage, time_us), arg_max(design_ratio, time_us),
        arg_max(validity, time_us)
    FROM edu_health GROUP BY unit, variant, component"""


@dataclass(frozen=True, slots=True)
class Health:
    """The unit's own sum of a component's damage, of all its life; None: not known."""

    damage: float | None = None
    design_ratio: float | None = None
    validity: str = "no_data"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a variant: what each component has worn since it was new, or since it was replaced."""

    unit: str
    variant: str
    health: dict[Component, Health]
    wear: dict[Component, Wear]
    ended: dict[Component, tuple[Peer, ...]]
    """Lives of components before their replacement: ended if they had failed, else seen so far only."""


def units(lake: duckdb.DuckDBPyConnection, events: Iterable[ServiceEvent] = ()) -> list[Unit]:
    """Everything in the lake's day parts, ordered by unit."""
    rows = lake.execute(_DAYS).fetchall()
    of_unit: dict[tuple[str, str], list[tuple[int, float, float, list[list[float]]]]] = {}
    for unit, variant, day, km, hours, wear in rows:  # parts of a time when wear was not summed have none
        of_unit.setdefault((unit, variant), []).append((day, km, hours, wear or [[0.0] * len(SUMMED)]))
    by_unit: dict[str, list[ServiceEvent]] = {}
    for event in sorted(events, key=lambda event: event.time_us):
        if event.action == "replaced":
            by_unit.setdefault(event.unit, []).append(event)
    health: dict[tuple[str, str], dict[Component, Health]] = {}
    for unit, variant, component, *found in lake.execute(_HEALTH).fetchall():
        health.setdefault((unit, variant), {})[Component[component.upper()]] = Health(*found)
    return [_unit(*who, days, health.get(who, {}), by_unit.get(who[0], [])) for who, days in of_unit.items()]


def _unit(
    name: str,
    variant: str,
    days: list[tuple[int, float, float, list[list[float]]]],
    health: dict[Component, Health],
    replaced: list[ServiceEvent],
) -> Unit:
    """Damage from before the first day the lake has is what the unit's own sum is above that of the days."""
    day = np.array([one[0] for one in days], np.int64)
    km, hours = (np.array([one[place] for one in days], np.float64) for place in (1, 2))
    worn = np.array([np.sum(np.array(one[3], np.float64), axis=0) for one in days])
    wear, ended = {}, {}
    for component in SUMMED:
        damage, first = worn[:, component], 0
        before = max((health.get(component, Health()).damage or 0.0) - float(damage.sum()), 0.0)
        lives = []
        for event in replaced:
            if component in RENEWS.get(event.part, ()):
                until = int(np.searchsorted(day, event.time_us // DAY_US, "right"))
                life = before + float(damage[first:until].sum())
                if life > 0.0:
                    lives.append(Peer(life, ended=event.failed))
                first, before = until, 0.0
        wear[component] = Wear(day, km, hours, damage, before, first)
        ended[component] = tuple(lives)
    return Unit(name, variant, health, wear, ended)


def peers(fleet: Iterable[Unit], of: Unit, component: Component, designs: Designs) -> list[Peer]:
    """Lives of the same component in all other units, and the unit's own former ones, in damage; damage by another law
    says nothing.
    """
    found: list[Peer] = list(of.ended[component])
    law = _law(designs.of(of.variant), component)
    for other in fleet:
        if other is of or _law(designs.of(other.variant), component) != law:
            continue
        weight = 1.0 if other.variant == of.variant else OTHER_VARIANT_WEIGHT
        running = other.wear[component].now
        lives = (*other.ended[component], *((Peer(running, ended=False),) if running > 0.0 else ()))
        found += [Peer(life.age, life.ended, None, weight) for life in lives]
    return found


def _law(design: Design | None, component: Component) -> Law | None:
    return design.laws[component] if design else None
