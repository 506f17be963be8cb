"""DAY: the additive sums of one unit and UTC day, and their byte budget. All zeros is an empty DAY.

A day has one part or more: another segment, or data that come after the day was closed, begin the next one. Every
number but the header, the maxima and the margin may be added over parts, days and units.
"""

import numpy as np

from twin.layout.drift import DRIFT_SUMS
from twin.layout.places import N_MAXIMA, N_MAXIMUM_SDS
from twin.layout.sums import N_SUMS
from twin.layout.wear import N_SUMMED

DAY_US = 86_400_000_000
LOAD_TORQUES, LOAD_SPEEDS = 20, 10
"""Cells of the load matrix: tenths of the largest torque, braking to driving, and tenths of the largest speed."""
TEMPERATURES = ("end_winding", "rotor", "oil", "switch", "coolant")
N_TEMPERATURES = len(TEMPERATURES)
TEMPERATURE_BINS = 24
COLDEST_BIN_C, BIN_K = -40.0, 10.0
"""Lower edge of the first bin and width of each; the first and the last also hold what lies beyond."""

_LOAD = (LOAD_TORQUES, LOAD_SPEEDS)
DAY = np.dtype(
    [
        # header, 72 bytes
        ("open", np.int64),  # 1: this record is in use
        ("day", np.int64),  # UTC days since 1970
        ("part", np.int64),  # of the unit's day, from 0 on
        ("segment", np.int64),
        ("start_us", np.int64),  # event time it began at
        ("validity", np.int64),  # of the temperatures, as of the last second on the move
        ("trips", np.int64),  # begun
        ("driving_s", np.float64),  # covered by samples, on the move
        ("quarter_us", np.int64),  # event time since which the quarter_* sums are
        # sums and maxima
        ("sums", np.float64, (N_SUMS,)),
        ("maxima", np.float32, (N_MAXIMA + N_MAXIMUM_SDS,)),
        # loads, 1,680 bytes; samples go to the quarter of an hour and that to the day: float32 errs by 0.03 % at most
        ("load_s", np.float32, _LOAD),
        ("load_j", np.float32, _LOAD),  # at the shaft, negative while braking
        ("torque_revolutions", np.float32, (LOAD_TORQUES,)),  # of the motor at each torque: braking loads one flank
        # the same since quarter_us, 1,680 bytes
        ("quarter_s", np.float32, _LOAD),
        ("quarter_j", np.float32, _LOAD),
        ("quarter_revolutions", np.float32, (LOAD_TORQUES,)),
        # temperatures, 480 bytes
        ("temperature_s", np.float32, (N_TEMPERATURES, TEMPERATURE_BINS)),
        ("air_c_s", np.float64),  # outside air over the time on the move it was measured in
        ("air_s", np.float64),
        # damage, 128 bytes
        ("wear", np.float64, (N_SUMMED,)),  # consumed life of each component
        ("knee_margin_a_m", np.float64),  # least distance of the field against the magnets from their knee; inf: none
        ("knee_margin_sd_a_m", np.float64),  # SD of it at that moment
        # slow parameters, of SLOW_BYTES
        *((name, np.float64, shape) for name, shape in DRIFT_SUMS),
    ]
)
"""What is summed over a driving day; empty before its first movement and after closing."""
_NOT_ADDED = (
    "open",
    "day",
    "part",
    "segment",
    "start_us",
    "validity",
    "maxima",
    "knee_margin_a_m",
    "knee_margin_sd_a_m",
)
DAY_SUMS = tuple(
    name for name in DAY.names or () if name not in _NOT_ADDED and name != "sums" and not name.startswith("quarter_")
)
"""Fields of DAY that may be added, beside ``sums``, whose places have names of their own."""
DAY_BYTES = 8 * 1024
SLOW_BYTES = 3 * 1024 + 512
"""Byte budget of a day, and what of it belongs to the statistics of the slow parameters; tests hold both."""
