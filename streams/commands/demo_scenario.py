"""The fleet of the demo: two makers, three main variants, one vehicle of each other, and seeded faults."""

from collections.abc import Collection, Iterator
from itertools import cycle, islice
from typing import NamedTuple, cast

from streams.commands.opening import FIRST_DAY
from streams.sources.entries import FaultEntry, Firmware, Mounting, Vehicles
from streams.sources.scenario import Scenario
from twin.plant import machines

MAIN = ("i4", "i-pace", "i3")
OTHERS = ("ix-m60", "mini-se", "range-rover", "ix3-gen6")
LARGE = 20
"""A fleet of fewer units has no room for faults and for the other variants."""
CUSTOMERS = ("commute", "motorway", "city", "commute", "mountain", "commute", "delivery")


class Seeded(NamedTuple):
    """A fault, the machines that can have it, its size, and when it begins and ends as shares of the time."""

    kind: str
    machines: tuple[str, ...]
    size: float
    begins: float
    lasts: float


SEEDED = (
    Seeded("fouling", ("eesm", "pmsm", "asm"), 0.6, 0.55, 0.1),
    Seeded("brush_wear", ("eesm",), 3.0, 0.55, 0.2),
    Seeded("winding_sensor", ("eesm", "pmsm", "asm"), 6.0, 0.6, 0.1),
    Seeded("demagnetisation", ("pmsm",), 0.06, 0.6, 0.0),
    Seeded("oil_loss", ("eesm", "pmsm"), 0.5, 0.5, 0.05),
    Seeded("field_short", ("eesm",), 0.02, 0.6, 0.0),
    Seeded("interface_dry_out", ("eesm", "pmsm"), 0.5, 0.55, 0.1),
    Seeded("pump", ("eesm", "pmsm"), 0.4, 0.65, 0.0),
    Seeded("bearing_wear", ("eesm", "pmsm"), 1.0, 0.55, 0.2),
    Seeded("resolver_offset", ("pmsm",), 2.0, 0.6, 0.0),
)
"""Each begins after the 20 days from which the fleet stage learns what is normal for a unit (physics 7.2)."""


def scenario(units: int, days: int, seed: int, known: Collection[str]) -> Scenario:
    """A fleet of so many units of the variants that twins are known for."""
    vehicles = list(islice(_vehicles(units, known), units))
    kinds = [_kind(entry, mounting) for entry in vehicles for mounting in entry.mountings]
    large = units >= LARGE
    return Scenario(
        title="demo",
        start=FIRST_DAY,
        days=days,
        seed=seed,
        frame_s=120,
        vehicles=tuple(vehicles),
        faults=tuple(_faults(kinds, days)) if large else (),
        firmware=(Firmware(version="1.1", day=int(0.65 * days), every=3, size=0.05),) if large else (),
    )


def _vehicles(units: int, known: Collection[str]) -> Iterator[Vehicles]:
    """Vehicles until every unit has its place; of the last one as many units as are wanted."""
    there = {model: _mountings(model, known) for model in (*MAIN, *OTHERS)}
    others = [model for model in OTHERS if there[model]] if units >= LARGE else []
    main = [model for model in MAIN if there[model]]
    left_for_main = units - sum(len(there[model]) for model in others)
    customers = cycle(CUSTOMERS)
    for models, left in ((cycle(main), left_for_main), (iter(others), units - left_for_main)):
        while left > 0:
            model = next(models)
            mountings = there[model][-left:]
            left -= len(mountings)
            yield Vehicles(model=model, mountings=mountings, customers=(next(customers),))


def _mountings(model: str, known: Collection[str]) -> tuple[Mounting, ...]:
    return tuple(
        cast(Mounting, mounting) for mounting, variant in machines.mountings(model).items() if variant in known
    )


def _kind(entry: Vehicles, mounting: str) -> str:
    return machines.load(machines.mountings(entry.model)[mounting], entry.model, mounting).kind


def _faults(kinds: list[str], days: int) -> Iterator[FaultEntry]:
    """Each fault goes to the next unit that can have it, with sound ones between."""
    taken: set[int] = set()
    for place, fault in enumerate(SEEDED):
        wanted = 2 + place * len(kinds) // len(SEEDED)
        order = [*range(wanted, len(kinds)), *range(wanted)]
        number = next((n for n in order if n not in taken and kinds[n] in fault.machines), None)
        if number is None:
            continue
        taken.add(number)
        yield FaultEntry(
            kind=fault.kind,
            size=fault.size,
            day=fault.begins * days,
            ramp_days=fault.lasts * days,
            units=(number,),
        )
