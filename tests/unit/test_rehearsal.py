"""The rehearsal runs everything that would be compiled: a partition never waits for a compiler."""

import sys

from streams.pipeline import Pipeline
from streams.rehearsal import rehearse
from streams.twins import load_twins
from tests.frames import FRAME_US, MAKER, MINUTE_US, NOON_US, identity, log, record, tick, value


def compiled() -> dict[str, int]:
    """Kernel -> number of signatures compiled so far."""
    return {
        f"{module.__name__}.{name}": len(thing.signatures)
        for module in list(sys.modules.values())
        if module.__name__.startswith(("twin.", "streams."))
        for name, thing in vars(module).items()
        if hasattr(thing, "py_func") and hasattr(thing, "signatures")
    }


def test_nothing_is_compiled_after_the_rehearsal() -> None:
    twins = load_twins()
    assert +rehearse(MAKER, twins) == {"accepted": 2 * len(twins), "tick": 2}, "nothing is rejected"
    before = compiled()
    records = [
        record(value(variant, sequence, who=identity(variant, variant=variant)), key=variant)
        for sequence in range(8)
        for variant in twins
    ]
    pipeline = Pipeline(0, MAKER, twins, [])
    ticks = [tick(NOON_US + 8 * FRAME_US), tick(NOON_US + 20 * MINUTE_US)]
    pipeline.process(log([*records, *ticks]))
    pipeline.drain()
    assert pipeline.counts["accepted"] == len(records)
    assert compiled() == before
