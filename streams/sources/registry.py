"""What a maker would register of a simulated fleet."""

from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.daily import Mounting, Registration
from streams.sources.fleet import Plan


def registrations(plan: Plan) -> Iterator[Registration]:
    """One for each unit, in their order."""
    built = datetime.fromtimestamp(plan.start_s, UTC).date()
    for unit in plan.units:
        yield Registration(
            unit=unit.name,
            maker=plan.maker,
            variant=unit.machine.name,
            vehicle=unit.vehicle,
            mounting=Mounting(unit.machine.mounting),
            plant=f"p{unit.surroundings.plant}",
            built=built,
            batch=f"b{unit.surroundings.batch:03d}",
            hardware=unit.hardware,
        )
