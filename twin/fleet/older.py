"""What an older program saved of features and units, as this one has it: by name, and fresh where it knew nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import FEATURES, INDEX, N_FEATURES

NAMELESS = (
    "cooling_conductance_ratio",
    "copper_loss_scale",
    "iron_loss_scale",
    "inverter_loss_scale",
    "drag_scale",
    "loss_ratio",
    "field_resistance_20c_ohm",
    "brush_drop_v",
    "magnet_flux_20c_wb",
    "resolver_offset_deg",
    "module_resistance_ratio",
    "leg_resistance_ratio",
    "winding_offset_k",
    "coolant_out_offset_k",
    "coolant_in_offset_k",
    "pump_flow_ratio",
    "isolation_decades",
    "vibration_m_s2",
    "vibration_kurtosis",
    "winding_residual_offset_k",
    "winding_residual_loss_k_per_kw",
    "coolant_out_residual_offset_k",
)
"""Features of states that do not name theirs, in their order: all of them, or those before the witnesses."""
WITHOUT_WITNESSES = 19
PRESENT = tuple(feature.name for feature in FEATURES)


def names_of(said: Sequence[str] | None, width: int) -> tuple[str, ...]:
    """Features of a state by what it says itself, else by their number. ValueError where that tells nothing."""
    if said is not None:
        return tuple(said)
    if width not in (WITHOUT_WITNESSES, len(NAMELESS)):
        raise ValueError(f"state of {width} features that it does not name")
    return NAMELESS[:width]


def by_name(values: NDArray[Any], stored: Sequence[str], fresh: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """``fresh``, as ``values`` but for PRESENT features along an axis, with the values of ``stored`` ones."""
    if tuple(stored) == PRESENT:
        return values.copy()
    known = [(k, INDEX[name]) for k, name in enumerate(stored) if name in INDEX]
    found, source = np.moveaxis(fresh, axis, 0), np.moveaxis(values, axis, 0)
    if len(source) != len(stored) or found.shape[1:] != source.shape[1:]:
        raise ValueError(f"state with features of shape {values.shape}, this program has {fresh.shape}")
    for old, new in known:
        found[new] = source[old]
    return fresh


def features(values: NDArray[Any], stored: Sequence[str], empty: float, axis: int = -1) -> NDArray[Any]:
    """Values by feature along an axis, ``empty`` for features that were not stored."""
    shape = list(values.shape)
    shape[axis] = N_FEATURES
    return by_name(values, stored, np.full(shape, empty, dtype=values.dtype), axis)


def rows(old: NDArray[Any], fresh: NDArray[Any], stored: Sequence[str] = ()) -> NDArray[Any]:
    """``fresh`` (n,) of the present type, written over with the fields of ``old`` (n,), whose arrays are by ``stored``
    features if there are such. ValueError for a field that this program does not have, or of another type or shape.
    """
    for name in old.dtype.names or ():
        if name not in (fresh.dtype.names or ()) or old[name].dtype != fresh[name].dtype:
            raise ValueError(f"state with a field {name!r} of a unit that this program does not have")
        if old[name].ndim > 1 and stored:
            fresh[name] = by_name(old[name], stored, fresh[name].copy())
        elif old[name].shape == fresh[name].shape:
            fresh[name] = old[name]
        else:
            raise ValueError(f"state with {name!r} of shape {old[name].shape[1:]}, here {fresh[name].shape[1:]}")
    return fresh
