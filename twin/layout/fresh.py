"""The row of a unit never heard of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.results import Validity
from twin.layout.row import ROW

ASSUMED_RESISTANCE_FACTOR = 1.16
"""R / R(20 degC) at 60 degC: what the losses of a unit's very first second are worked out with."""


def fresh_row() -> NDArray[Any]:
    """(1,) ROW of a unit never heard of."""
    row = np.zeros(1, ROW)
    row["reading"] = np.nan
    row["reading_age_s"] = np.inf
    row["reset_age_s"] = np.inf
    row["balance_sds"] = row["legs_sds"] = np.nan
    row["odometer_km"] = np.nan
    row["trip_maxima"] = -np.inf
    row["stop_maxima"] = -np.inf
    row["inlet_source"] = 1
    row["offset_k2"] = np.inf
    row["inlet_offset_k"] = np.nan
    row["rotor_age_s"] = np.inf
    row["base_c"] = np.nan
    row["junction_peak_c"] = -np.inf
    row["junction_age_s"] = np.inf
    row["rotor_offset_k2"] = np.inf
    row["rotor_lesson_a"] = np.inf
    row["thermal_validity"] = Validity.NO_DATA
    row["trip_validity"] = Validity.NO_DATA
    row["copper_factor"] = ASSUMED_RESISTANCE_FACTOR
    row["field_factor"] = ASSUMED_RESISTANCE_FACTOR
    row["ac_copper_factor"] = 1.0 / ASSUMED_RESISTANCE_FACTOR
    row["flux_factor"] = row["mesh_factor"] = row["drag_factor"] = 1.0
    return row
