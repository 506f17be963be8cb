"""Averaged input: what the sender says of its samples reaches the state."""

from typing import Any

from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives
from twin.layout import MEAN_SAMPLED
from twin.twin import Twin
from twin.variants import load


def states(flags: tuple[int, ...]) -> NDArray[Any]:
    """States of a drive sent as one frame a minute, with these flags."""
    twin, count = Twin(load("bmw-gen5-rear")), 600 * len(flags)
    rows = twin.new_rows()
    rows.add()
    frames = drives.frames(*[600] * len(flags))
    frames["flags"] = flags
    found = twin.step(rows, frames, drives.times(count), drives.drive(count)).states
    return found[found["time_us"] % drives.MINUTE_US == 0]


def test_samples_declared_as_means_are_flagged_from_their_first_frame_to_their_last() -> None:
    found = states((0, MEAN_SAMPLED, MEAN_SAMPLED, 0))
    declared = found["sampling_validity"] == Validity.DECLARED_AVERAGED
    assert declared.tolist() == [False, True, True, False]
