"""What the variant files call fitted, beside what one command makes of the same data.

``python -m tests.benchmarks.fits [--json] [PART ...]``: ``i3`` and ``lea`` from recordings, the name of a vehicle
variant from units of the simulator; none: the recordings. A row is a number of the file and what it is identified as.
"""

import sys

from tests.benchmarks import fits_bench, fits_road, fits_units
from tests.benchmarks.report import Row, progress, run
from twin.plant.machines import names

RECORDED = {"i3": fits_road.rows, "lea": fits_bench.rows}


def rows() -> list[Row]:
    """The rows of the parts named on the command line, or of the recordings."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    unknown = sorted(set(wanted) - set(RECORDED) - set(names()))
    if unknown:
        sys.exit(f"no part {', '.join(unknown)}; there are: {', '.join((*RECORDED, *names()))}")
    found: list[Row] = []
    for name in wanted or RECORDED:
        progress(f"fits: {name}")
        found += RECORDED[name]() if name in RECORDED else fits_units.rows(name)
    return found


if __name__ == "__main__":
    run("fits", rows)
