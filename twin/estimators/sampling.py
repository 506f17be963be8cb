"""Whether samples are point samples or means: declared by the sender (physics 5.1)."""

from typing import Any

from schemas.results import Validity
from twin.jit import kernel
from twin.layout import MEAN_SAMPLED

_NO_DATA = int(Validity.NO_DATA)
_DECLARED_AVERAGED = int(Validity.DECLARED_AVERAGED)


@kernel
def begin_frame(row: Any, frame: Any) -> None:
    """Take what the frame says of itself."""
    row.averaged = 1 if frame["flags"] & MEAN_SAMPLED != 0 else 0  # .flags is numpy's own when not compiled


@kernel
def validity(row: Any) -> int:
    """Whether damage may be counted from the samples, and if not, who says so."""
    return _DECLARED_AVERAGED if row.averaged == 1 else _NO_DATA
