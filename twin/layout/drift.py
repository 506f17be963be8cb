"""Additive statistics of slow parameters: sums of least squares, bin by bin, and their windows (physics 4.4).

A line of sums with K columns holds, for observations y = phi' x: their number, the upper triangle of phi phi' row by
row, phi y, and y y. Parts of a day add up exactly to the whole.
"""


def line_length(columns: int) -> int:
    """Numbers in a line of sums."""
    return 1 + columns * (columns + 1) // 2 + columns + 1


COOLING_COLUMNS, COOLING_BINS = 2, 5
DRAG_COLUMNS, DRAG_BINS = 3, 3
MODULE_COLUMNS, MODULE_BINS = 2, 4
LEG_COLUMNS, LEGS = 2, 3
ROTOR_COLUMNS, ROTOR_BINS = 4, 4
RESOLVER_COLUMNS, RESOLVER_BINS = 3, 4
LOSS_COLUMNS, LOSS_BINS = 6, 5
CONDITION_COLUMNS = 2
RESIDUAL_COLUMNS, RESIDUAL_SENSORS = 4, 3
MOST_COLUMNS = 6

DRIFT_SUMS = (
    ("cooling_sums", (COOLING_BINS, line_length(COOLING_COLUMNS))),
    ("drag_sums", (DRAG_BINS, line_length(DRAG_COLUMNS))),
    ("module_sums", (MODULE_BINS, line_length(MODULE_COLUMNS))),
    ("leg_sums", (LEGS, line_length(LEG_COLUMNS))),
    ("rotor_sums", (ROTOR_BINS, line_length(ROTOR_COLUMNS))),  # field winding, which needs less, or magnets
    ("resolver_sums", (RESOLVER_BINS, line_length(RESOLVER_COLUMNS))),
    ("loss_sums", (LOSS_BINS, line_length(LOSS_COLUMNS))),
    *((f"{name}_sums", (1, line_length(CONDITION_COLUMNS))) for name in ("isolation", "vibration", "kurtosis", "flow")),
    ("residual_sums", (RESIDUAL_SENSORS, line_length(RESIDUAL_COLUMNS))),  # winding, coolant outlet, oil
)
"""Name and shape of what a day keeps for the slow parameters, float64."""

MINUTE = (
    "seconds",
    "winding_c",
    "winding_lever",  # winding times seconds from the middle of the minute
    "winding_reference_c",
    "housing_reference_c",
    "inlet_c",
    "heat_w",
    "plate_k",
    "oil_seconds",
    "oil_c",
    "oil_reference_c",
    "oil_gear_k",
    "outlet_seconds",
    "outlet_k",  # reading of the coolant outlet over the reference
    "loss_w",  # of the whole unit
    "speed_rpm",
    "module_samples",  # and over them:
    "module_c",
    "module_rise_k",
    "leg_samples",
    "leg_1_k",  # over the mean of the legs; the third is what the two lack
    "leg_2_k",
)
"""Sums over the seconds of the running minute."""
N_MINUTE = len(MINUTE)
(
    SECONDS,
    WINDING_C,
    WINDING_LEVER,
    WINDING_REFERENCE_C,
    HOUSING_REFERENCE_C,
    INLET_C,
    HEAT_W,
    PLATE_K,
    OIL_SECONDS,
    OIL_C,
    OIL_REFERENCE_C,
    OIL_GEAR_K,
    OUTLET_SECONDS,
    OUTLET_K,
    LOSS_W,
    SPEED_RPM,
    MODULE_SAMPLES,
    MODULE_C,
    MODULE_RISE_K,
    LEG_SAMPLES,
    LEG_1_K,
    LEG_2_K,
) = range(N_MINUTE)
"""Places in ``minute``."""
