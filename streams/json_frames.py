"""The JSON form of a frame, for people and small senders: strict, and turned into the binary form.

The standard parser is used because it can see what faster ones hide: a key given twice and NaN, which is not JSON.
"""

import json
from typing import Any

import numpy as np
from pydantic import ValidationError

from schemas import telemetry_pb2
from schemas.rejects import Reason, Reject
from schemas.signals import SIGNAL_BY_NAME
from schemas.telemetry import MAX_TIME_US, MIN_TIME_US, VIN_SHAPE, JsonFrame
from streams.identities import encode_identity, explain, refuse


def parse_json(value: bytes) -> telemetry_pb2.Frame | Reject:
    """The frame a JSON document describes, its samples as a float32 block, or why it is refused."""
    try:
        document = json.loads(value.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return refuse(Reason.MALFORMED, f"not JSON: {error}")
    wrong = _vin_shaped(document)
    if wrong is not None:
        return wrong
    try:
        frame = JsonFrame.model_validate(document, strict=True)
    except ValidationError as error:
        return refuse(_reason(error), explain(error))
    unknown = sorted(frame.signals.keys() - SIGNAL_BY_NAME.keys())
    if unknown:
        return refuse(Reason.UNKNOWN_SIGNAL, f"signals {unknown[:3]} are not in this contract")
    lengths = sorted({len(column) for column in frame.signals.values()})
    if len(lengths) > 1:
        return refuse(Reason.BLOCK_LENGTH, f"columns of {lengths[0]} to {lengths[-1]} samples, must be equal")
    if not MIN_TIME_US <= frame.start_us < MAX_TIME_US:
        return refuse(Reason.CLOCK_INVALID, "start_us is not a time after 2000-01-01")
    with np.errstate(over="ignore"):
        block = np.array(list(frame.signals.values()), np.float64).T.astype("<f4")
    if np.isinf(block).any():
        return refuse(Reason.MALFORMED, "a value is too large for a float32")
    return telemetry_pb2.Frame(
        identity=encode_identity(frame.identity),
        boot=frame.boot,
        sequence=frame.sequence,
        start_us=frame.start_us,
        interval_us=frame.interval_us or 0,
        offsets_us=frame.offsets_us or (),
        sampling=telemetry_pb2.MEAN if frame.sampling == "mean" else telemetry_pb2.POINT,
        ready=frame.ready,
        odometer_km=frame.odometer_km or 0.0,
        signals=bytes(SIGNAL_BY_NAME[name].id for name in frame.signals),
        block=block.tobytes(),
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key is given more than once")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON; a missing sample is null")


def _vin_shaped(document: Any) -> Reject | None:
    identity = document.get("identity") if isinstance(document, dict) else None
    for name in ("unit", "vehicle"):
        text = identity.get(name) if isinstance(identity, dict) else None
        if isinstance(text, str) and VIN_SHAPE.fullmatch(text):
            return refuse(Reason.VIN_SHAPED_ID, f"{name} could be a VIN (17 characters): send a pseudonym")
    return None


def _reason(error: ValidationError) -> Reason:
    """The reason that fits the first problem's place in the document."""
    place = error.errors(include_url=False, include_input=False)[0]["loc"]
    reasons = {
        "identity": Reason.INVALID_IDENTITY,
        "interval_us": Reason.BAD_INTERVAL,
        "offsets_us": Reason.BAD_OFFSETS,
    }
    return reasons.get(str(place[0]), Reason.MALFORMED) if place else Reason.MALFORMED
