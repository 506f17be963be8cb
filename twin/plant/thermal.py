"""Thirteen masses and a coolant loop, integrated as heat flows in explicit sub-steps.

What leaves one node enters its neighbour in the same number, so energy is kept to round-off.
"""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.layout import HOUSING, INVERTER_CHANNEL, JACKET, LINKS, LOOP, Floats, Record

COOLANT_J_M3_K = 3.5e6  # water and glycol, half and half
_W_K_PER_L_MIN = COOLANT_J_M3_K * 1e-3 / 60.0


@kernel
def capacities(m: Record) -> Floats:
    """Heat capacity of each node [J/K], shape (13,)."""
    return np.array(
        [
            m.end_winding_capacity_j_k,
            m.slot_winding_capacity_j_k,
            m.teeth_capacity_j_k,
            m.yoke_capacity_j_k,
            m.rotor_conductor_capacity_j_k,
            m.rotor_iron_capacity_j_k,
            m.gears_capacity_j_k,
            m.oil_capacity_j_k * m.oil_level,
            m.housing_capacity_j_k,
            m.inverter_capacity_j_k,
            m.inverter_channel_capacity_j_k,
            m.jacket_channel_capacity_j_k,
            m.loop_capacity_j_k,
        ]
    )


@kernel
def flow(m: Record, pump_duty: float, loop_temp_c: float) -> float:
    """Coolant flow [l/min]; cold glycol is thick and flows less."""
    thick = max(0.0, min(1.0, (30.0 - loop_temp_c) / 50.0))
    flow_l_min: float = m.design_flow_l_min * m.pump_health * pump_duty * (1.0 - 0.25 * thick)
    return flow_l_min


@kernel
def conductances(
    m: Record, temps_c: Floats, speed_rpm: float, flow_l_min: float, wind_m_s: float, out_w_k: Floats
) -> tuple[float, float, float]:
    """Fill ``out_w_k`` in the order of LINKS; return those of housing to air, loop to air, and the stream [W/K].

    Convection in the channels grows with flow^0.8 and is halved by cold coolant; deposits and air lower it
    (``wetting``); the teeth keep a film of the oil that is left, but walls and exchanger see it less the lower its
    level: it must grow warmer. The thermostat opens the radiator.
    """
    share = flow_l_min / m.design_flow_l_min
    cold = 1.0 + max(0.0, min(1.0, (40.0 - temps_c[JACKET]) / 50.0))
    wet = m.wetting * (0.10 + 0.90 * share**0.8) / cold
    krpm = abs(speed_rpm) / 1000.0
    splash = 0.35 + 0.65 * krpm / (krpm + 2.0)
    wall = splash * m.oil_level**2
    out_w_k[0] = m.end_slot_w_k
    out_w_k[1] = m.slot_teeth_w_k
    out_w_k[2] = m.slot_yoke_w_k
    out_w_k[3] = m.teeth_yoke_w_k
    out_w_k[4] = m.yoke_jacket_w_k * wet
    out_w_k[5] = m.yoke_housing_w_k
    out_w_k[6] = m.end_housing_w_k
    out_w_k[7] = m.end_rotor_w_k
    out_w_k[8] = m.rotor_inner_w_k
    out_w_k[9] = m.rotor_gap_w_k + m.rotor_gap_w_k_krpm * krpm
    out_w_k[10] = m.rotor_gears_w_k
    out_w_k[11] = m.rotor_housing_w_k
    out_w_k[12] = m.gears_oil_w_k * splash * math.sqrt(m.oil_level)
    out_w_k[13] = m.gears_housing_w_k
    out_w_k[14] = m.oil_housing_w_k * wall
    out_w_k[15] = m.oil_coolant_w_k * m.oil_level**2 * wet
    out_w_k[16] = m.housing_coolant_w_k * wet
    out_w_k[17] = m.inverter_coolant_w_k * m.interface * wet
    out_w_k[18] = m.end_oil_w_k * splash * m.oil_level
    out_w_k[19] = m.rotor_oil_w_k * splash * m.oil_level
    out_w_k[20] = m.inverter_housing_w_k
    span_k = m.thermostat_full_c - m.thermostat_open_c
    opening = max(0.0, min(1.0, (temps_c[LOOP] - m.thermostat_open_c) / span_k))
    radiator_w_k = 4.0 + m.radiator_w_k * opening * share * (0.35 + wind_m_s / 25.0)
    return m.housing_air_w_k * (1.0 + wind_m_s / 14.0), radiator_w_k, _W_K_PER_L_MIN * flow_l_min


@kernel
def integrate(
    capacity_j_k: Floats,
    link_w_k: Floats,
    housing_air_w_k: float,
    loop_air_w_k: float,
    stream_w_k: float,
    air_temp_c: float,
    heat_w: Floats,
    step_s: float,
    steps: int,
    temps_c: Floats,
) -> float:
    """Advance ``temps_c`` in place by ``steps`` explicit steps; return the heat given to the air [J].

    Stable while step_s x (sum of a node's conductances) < its capacity; a test holds every machine to it.
    """
    given_j = 0.0
    gain_j = np.empty(temps_c.size)
    for _ in range(steps):
        for node in range(temps_c.size):
            gain_j[node] = heat_w[node] * step_s
        for link in range(LINKS.shape[0]):
            first, second = LINKS[link, 0], LINKS[link, 1]
            passed_j = link_w_k[link] * (temps_c[first] - temps_c[second]) * step_s
            gain_j[first] -= passed_j
            gain_j[second] += passed_j
        carried = stream_w_k * step_s
        gain_j[INVERTER_CHANNEL] += carried * (temps_c[LOOP] - temps_c[INVERTER_CHANNEL])
        gain_j[JACKET] += carried * (temps_c[INVERTER_CHANNEL] - temps_c[JACKET])
        gain_j[LOOP] += carried * (temps_c[JACKET] - temps_c[LOOP])
        from_housing_j = housing_air_w_k * (temps_c[HOUSING] - air_temp_c) * step_s
        from_loop_j = loop_air_w_k * (temps_c[LOOP] - air_temp_c) * step_s
        gain_j[HOUSING] -= from_housing_j
        gain_j[LOOP] -= from_loop_j
        given_j += from_housing_j + from_loop_j
        for node in range(temps_c.size):
            temps_c[node] += gain_j[node] / capacity_j_k[node]
    return given_j
