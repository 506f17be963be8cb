"""How sure a modelled loss is: the spread of each part's scale, and the temperature it was worked out at (physics 3.4).

Both hold for as long as an interval lasts, so neither averages out. Parts err independently; where a variant's parts
are less known than their sum, as by road trips, the sum has an SD of its own.
"""

import math
from typing import Any

from twin.estimators import consider, junction
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_ERROR,
    COPPER_AC20_J,
    COPPER_DC20_J,
    COPPER_J,
    END_WINDING,
    FIELD20_J,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    OIL,
    ROTOR_J,
    SLOT_WINDING,
)
from twin.physics.junction import SWITCH
from twin.physics.losses import oil_factors, unit_oil_viscosity

PARTS = (COPPER_J, IRON_J, ROTOR_J, INVERTER_J, GEAR_J)
COPPER, IRON, ROTOR, INVERTER, GEAR = range(len(PARTS))
DEVICE_SHARE_K = 0.003
"""Of an inverter's loss by a kelvin of its junctions (physics 3.2)."""


@kernel
def _winding_sd_k(par: Any, row: Any) -> float:
    """SD of the winding's mean temperature: its two nodes err together."""
    end, slot = par.end_winding_share, 1.0 - par.end_winding_share
    between = row.covariance[consider.place(SLOT_WINDING) - SLOT_WINDING + END_WINDING]
    variance = end * end * row.covariance[consider.place(END_WINDING)] + 2.0 * end * slot * between
    return math.sqrt(max(variance + slot * slot * row.covariance[consider.place(SLOT_WINDING)], 0.0))


@kernel
def _by_temperature_j(par: Any, row: Any, sums: Any, sds_j: Any) -> None:
    """What the SD of a temperature makes of the losses; none before the filter has started."""
    alpha, factor = par.copper_temp_coefficient, row.copper_factor
    ac_slope = par.ac_temp_exponent * row.ac_copper_factor / factor
    sds_j[COPPER] = alpha * _winding_sd_k(par, row) * (sums[COPPER_DC20_J] - ac_slope * sums[COPPER_AC20_J])
    sds_j[ROTOR] = par.rotor_temp_coefficient * math.sqrt(row.rotor_error_k2) * sums[FIELD20_J]
    junction_c = junction.temp_c(row, SWITCH)
    if junction_c == junction_c:
        junction_sd_k = junction.sd_k(row, math.sqrt(row.consider[COOLANT_IN_ERROR]), junction_c)
        sds_j[INVERTER] = DEVICE_SHARE_K * junction_sd_k * sums[INVERTER_J]
    oil_sd_k = math.sqrt(row.covariance[consider.place(OIL)])
    mesh, drag = oil_factors(par, unit_oil_viscosity(par, row.temp_c[OIL] + oil_sd_k))
    share = 0.5 * (mesh / row.mesh_factor + drag / row.drag_factor) - 1.0
    sds_j[GEAR] = share * sums[GEAR_J]


@kernel
def step(par: Any, row: Any, sums: Any, sds_j: Any) -> float:
    """SD [J] of the loss summed over an interval that ends now; ``sds_j``: (5,), becomes those of PARTS."""
    for part in range(len(PARTS)):
        sds_j[part] = 0.0
    if row.ready == 1:
        _by_temperature_j(par, row, sums, sds_j)
    variance, total_j = 0.0, 0.0
    for part in range(len(PARTS)):
        loss_j = sums[PARTS[part]]
        sds_j[part] = math.hypot(sds_j[part], par.part_loss_sd[part] * loss_j)
        variance += sds_j[part] * sds_j[part]
        total_j += loss_j
    return float(min(math.sqrt(variance), par.loss_scale_sd * total_j))
