"""Accuracy on machines and cars nobody here made, and on the simulator: the parts, one after the other.

``python -m tests.benchmarks.accuracy [--json] [PART ...]``, a part being ``lea`` and so on; none: all.
"""

import sys

from tests.benchmarks import accuracy_i3, accuracy_id3, accuracy_lea, accuracy_lea_filter, accuracy_plant
from tests.benchmarks.report import Row, progress, run

PARTS = {
    "lea": accuracy_lea,
    "lea-filter": accuracy_lea_filter,
    "i3": accuracy_i3,
    "id3": accuracy_id3,
    "plant": accuracy_plant,
}
"""Module of each part; it has ``rows() -> list[Row]``, with an unmeasured row and the reason where data are missing."""


def rows() -> list[Row]:
    """The rows of the parts named on the command line, or of all."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        sys.exit(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    found: list[Row] = []
    for name in wanted or PARTS:
        progress(f"accuracy: {name}")
        found += PARTS[name].rows()
    return found


if __name__ == "__main__":
    run("accuracy", rows)
