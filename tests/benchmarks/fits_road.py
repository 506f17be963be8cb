"""``bmw-i3`` from its odd-numbered road trips, as ``edu-twin identify --fit power`` does it; the even ones only judge.

Where it begins, and how sure that is, stands in ``tests/variants/bmw-i3-before.toml``, with the command.
"""

from pathlib import Path

from tests import road
from tests.benchmarks.accuracy_i3 import DATA
from tests.benchmarks.newton import newton_step, rows_of
from tests.benchmarks.report import Row
from twin.identify import free
from twin.identify.free import quantities
from twin.identify.power import PATTERNS, Drive, Power
from twin.variants import load

VARIANTS = Path(__file__).resolve().parents[1] / "variants"
WITHIN = 2.0
"""SDs: the file's numbers were fitted in steps, with a prior of 10 % about the step before."""


def rows() -> list[Row]:
    """Each number the trips say something about."""
    if not DATA.is_dir():
        return [Row("fits.i3", None, "", reference_name="reference data bmw-i3-trips is not in ../shared/data")]
    before = load("bmw-i3-before", VARIANTS)
    odd = [Drive(trip.times_us, trip.samples, trip.clean) for trip in road.trips(DATA) if trip.odd]
    target = Power(before, odd)
    now = {key: quantity.value for key, quantity, _ in quantities(load("bmw-i3").file)}
    return rows_of("i3", newton_step(free(before.file, PATTERNS), target, target.errors, now), WITHIN)
