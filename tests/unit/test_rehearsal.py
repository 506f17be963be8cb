"""The rehearsal runs everything that would be compiled: a partition never waits for a compiler."""

import sys

from streams.assembly import load_twins
from streams.pipeline import Pipeline
from streams.rehearsal import rehearse
from tests.frames import FRAME_US, MAKER, NOON_US, identity, log, record, tick, value


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
    accepted = rehearse(MAKER, twins)
    assert accepted == 2 * len(twins)
    before = compiled()
    records = [
        record(value(variant, sequence, who=identity(variant, variant=variant)), key=variant)
        for sequence in range(8)
        for variant in twins
    ]
    pipeline = Pipeline(0, MAKER, twins, [])
    pipeline.process(log([*records, tick(NOON_US + 8 * FRAME_US)]))
    pipeline.drain()
    assert pipeline.counts["accepted"] == len(records)
    assert compiled() == before
