"""WORK: scratch that carries nothing from one sample to the next."""

import numpy as np

from twin.layout.places import FOSTER_TERMS, N_CONSIDER, N_NODES
from twin.layout.sums import N_SECOND

_MATRIX = (N_NODES, N_NODES)
WORK = np.dtype(
    [
        # losses of one sample
        ("copper_dc20_w", np.float64),
        ("copper_ac20_w", np.float64),
        ("copper_w", np.float64),
        ("iron_w", np.float64),
        ("field20_w", np.float64),
        ("rotor_w", np.float64),
        ("inverter_w", np.float64),
        ("gear_w", np.float64),
        # powers of one sample
        ("speed_rpm", np.float64),
        ("torque_nm", np.float64),
        ("shaft_nm", np.float64),  # the same with its sign
        ("i_d_a", np.float64),
        ("speed_m_s", np.float64),
        ("wheel_m_s", np.float64),  # the same by motor, gear and tyre
        ("shaft_w", np.float64),
        ("mechanical_w", np.float64),  # at the half-shafts
        ("electrical_w", np.float64),  # on the DC side, by the loss model
        ("dc_w", np.float64),  # measured; NaN: not known
        ("balance_shaft_w", np.float64),  # the four at one time, by the delay line
        ("balance_mechanical_w", np.float64),
        ("balance_electrical_w", np.float64),
        ("balance_dc_w", np.float64),
        ("dc_voltage_v", np.float64),
        ("oil_viscosity_mm2_s", np.float64),  # of one second
        # power devices of one sample
        ("field_hz", np.float64),  # electrical frequency of the stator
        ("switch_w", np.float64),
        ("diode_w", np.float64),
        ("switch_square_w", np.float64),  # of it, what goes with the square of the current over a turn of the field
        ("diode_square_w", np.float64),
        ("switch_temp_c", np.float64),  # after the sample: mean over a turn, and its hottest moment
        ("diode_temp_c", np.float64),
        ("switch_peak_c", np.float64),
        ("diode_peak_c", np.float64),
        ("kept_us", np.int64),  # interval of ``kept``
        ("kept", np.float64, (2, FOSTER_TERMS)),
        # thermal step
        ("system", np.float64, _MATRIX),
        ("transition", np.float64, _MATRIX),
        ("noise", np.float64, _MATRIX),
        ("scratch", np.float64, (8, *_MATRIX)),
        ("covariance", np.float64, _MATRIX),  # the row's, while the filter works
        ("cross", np.float64, (N_NODES, N_CONSIDER)),
        ("forcing", np.float64, (N_NODES,)),
        ("inlet", np.float64, (N_NODES,)),  # what a kelvin more of the inlet heats [1/s],
        ("air", np.float64, (N_NODES,)),  # and of the outside air
        ("inlet_c", np.float64),
        ("relative_flow", np.float64, (2,)),  # over the nominal: as it is, and as heat paths see it
        ("exposure", np.float64, (N_NODES,)),  # heat that passes each node [K/s]
        ("vector", np.float64, (4, N_NODES)),
        ("seen", np.float64, (N_CONSIDER,)),
        ("gain", np.float64, _MATRIX),
        ("claim_w", np.float64),  # heat by this second's reading of the winding
        ("moved", np.float64, (N_NODES, N_CONSIDER)),
        ("slope_k_s", np.float64, (N_NODES,)),
        ("heating_k_s", np.float64, (N_NODES,)),  # by losses alone
        ("loss_slope", np.float64, (N_NODES,)),  # of them, by the node's temperature [1/s]
        ("gear_k_s", np.float64, (N_NODES,)),  # by the gear's loss alone
        ("trip", np.float64, (N_SECOND,)),  # sums of the last trip
    ]
)
"""Scratch of one call."""
