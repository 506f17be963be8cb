"""A machine at one operating point for a while: its efficiency and its limits, for maps and checks."""

import math
from typing import NamedTuple

import numpy as np

from twin.plant.electrics import RPM_TO_RAD_S, torque_of
from twin.plant.layout import NODES, STATE, recarray
from twin.plant.losses import DC_W, I_D, I_F, I_Q, POINT, U_D, U_Q, losses
from twin.plant.machines import Machine


class Point(NamedTuple):
    """Steady operation. ``efficiency``: DC terminals to half-shafts, motoring; losses in the order of LOSSES."""

    efficiency: float
    dc_w: float
    losses_w: tuple[float, ...]
    current_share: float  # of the machine's maximum current
    voltage_share: float  # of the highest phase voltage
    torque_nm: float  # what the currents make


def operate(machine: Machine, speed_rpm: float, torque_nm: float, temp_c: float = 70.0) -> Point:
    """Losses with all nodes at ``temp_c`` and junctions settled."""
    m = machine.parameters[0]
    state = recarray(STATE)[0]
    state.temps_c[:] = temp_c
    heat_w, groups_w, point = np.zeros(len(NODES)), np.zeros(5), np.zeros(POINT)
    settled = np.zeros((2, 2, 4))  # nothing kept from the step before: the junctions are where they will end
    for _ in range(4):
        losses(m, state, speed_rpm, torque_nm, m.battery_voltage_v, 1.0, settled, heat_w, groups_w, point)
    mechanical_w = torque_nm * speed_rpm * RPM_TO_RAD_S - groups_w[4]
    return Point(
        mechanical_w / point[DC_W] if point[DC_W] > 0.0 else math.nan,
        float(point[DC_W]),
        tuple(float(value) for value in groups_w),
        math.hypot(point[I_D], point[I_Q]) / m.max_current_a,
        math.hypot(point[U_D], point[U_Q]) / (m.battery_voltage_v / math.sqrt(3.0)),
        float(torque_of(m, point[I_D], point[I_Q], point[I_F], temp_c)),
    )
