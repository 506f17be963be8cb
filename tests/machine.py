"""A unit made of a variant's own parameters, scattered, with sensors that err: telemetry of any variant at 1 Hz.

For tests that need many variants. It shares the equations of losses and heat paths with the twins, so it says nothing
about their accuracy; the plant (``twin.plant``) does that.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.drives import blank
from twin.estimators import losses
from twin.layout import AMBIENT, COOLANT_IN, COOLANT_OUT, END_WINDING, N_NODES, OIL, ROTOR, SLOT_WINDING, WORK
from twin.layout.fresh import fresh_row
from twin.physics.junction import device_losses
from twin.physics.losses import operating_point
from twin.physics.thermal import conductance, effective_flow
from twin.variants import load

Array = NDArray[np.float64]
RPM_PER_RAD_S = 60.0 / (2.0 * np.pi)
FULL_SPEED_M_S = 33.0


def inverter_loss(par: Any, current_a: float, machine_w: float, dc_voltage_v: float, switching_hz: float) -> float:
    """Loss [W] of all devices of all inverters at the temperature their parameters are stated at."""
    at_c = par.device_reference_c
    switch_w, diode_w, _, _ = device_losses(par, current_a, machine_w, dc_voltage_v, switching_hz, at_c, at_c)
    return float(par.inverters * (6.0 * (switch_w + diode_w) + par.inverter_fixed_loss_w))


class Machine:
    """One unit; ``scatter``: SD of the logarithm of capacities, conductances and losses; ``seed``: which unit."""

    def __init__(self, variant: str, seed: int = 0, scatter: float = 0.1) -> None:
        self._random = np.random.default_rng(seed)
        self._parameters = load(variant).parameters.copy().view(np.recarray)
        self.par: Any = self._parameters[0]
        for name in ("capacity_j_k", "edge_w_k"):
            self.par[name] *= self._lognormal(scatter, self.par[name].shape)
        for name in ("phase_resistance_ohm", "hysteresis_w", "eddy_w", "drag_torque_nm", "switching_energy_j"):
            self.par[name] *= self._lognormal(0.05)
        self.offset_k = self._random.normal(0.0, [1.0, 0.7, 1.0, 0.7])  # winding, coolant out, oil, coolant in
        self.tyre = self._lognormal(0.007)
        self.temp_c = np.full(N_NODES, 20.0)

    def _lognormal(self, sd: float, shape: Any = None) -> Any:
        return np.exp(self._random.normal(0.0, sd, shape))

    def drive(self, seconds: int, ambient_c: float = 15.0) -> NDArray[Any]:
        """(seconds,) SAMPLE of town and country roads, at what the variant's wheels and torque can do."""
        samples = blank(seconds)
        speed_m_s, torque_nm = self._wish(seconds)
        speed_rpm = speed_m_s / self.par.wheel_radius_m * self.par.gear_ratio * RPM_PER_RAD_S
        samples["motor_speed_rpm"] = np.minimum(speed_rpm, 0.95 * self.par.map_speed_step_rpm * 32)
        samples["torque_nm"] = torque_nm
        inlet_c = ambient_c + 30.0 * (1.0 - np.exp(-np.arange(seconds) / 900.0))
        samples["coolant_in_temp_c"] = inlet_c + self.offset_k[3]
        samples["ambient_temp_c"] = ambient_c
        flow_l_min = self.par.nominal_flow_l_min * (0.9 + 0.1 * np.sin(np.arange(seconds) / 97.0))
        samples["coolant_flow_l_min"] = flow_l_min
        samples["vehicle_speed_km_h"] = samples["motor_speed_rpm"] / speed_rpm * speed_m_s * 3.6 * self.tyre
        rows = fresh_row().view(np.recarray)
        work: Any = np.zeros(1, WORK).view(np.recarray)[0]
        records: Any = samples.view(np.recarray)
        for second in range(seconds):
            self._second(rows[0], records[second], work, inlet_c[second], ambient_c, flow_l_min[second])
        for name, number in (("winding_temp_c", 0), ("coolant_out_temp_c", 1), ("oil_temp_c", 2)):
            noisy = samples[name] + self.offset_k[number] + self._random.normal(0.0, 0.5, seconds)
            samples[name] = np.round(noisy)
        return samples

    def _wish(self, seconds: int) -> tuple[Array, Array]:
        """Speed [m/s] that wanders between standing and FULL_SPEED_M_S, and a torque that goes with its changes."""
        t = np.arange(seconds) + self._random.uniform(0.0, 5_000.0)
        wave = 0.45 + 0.35 * np.sin(t / 140.0) + 0.25 * np.sin(t / 37.0) + 0.1 * np.sin(t / 11.0)
        speed_m_s = FULL_SPEED_M_S * np.clip(wave, 0.001, 1.0)
        full_nm = self.par.map_torque_step_nm * 32
        torque_nm = full_nm * (0.06 + 0.12 * speed_m_s / FULL_SPEED_M_S + 0.25 * np.gradient(speed_m_s))
        limit_nm = np.minimum(0.7 * full_nm, 0.6 * full_nm * 12.0 / np.maximum(speed_m_s, 1.0))
        return speed_m_s, np.clip(torque_nm, -limit_nm, limit_nm)

    def _second(self, row: Any, sample: Any, work: Any, inlet_c: float, ambient_c: float, flow_l_min: float) -> None:
        par, share = self.par, self.par.end_winding_share
        row.temp_c[:] = self.temp_c
        losses.close_second(par, row, work)
        losses.step(par, row, sample, True, work)
        i_d, i_q, i_f = operating_point(par, sample.motor_speed_rpm, sample.torque_nm)
        sample.i_d_a, sample.i_q_a = i_d, i_q
        if par.field_resistance_ohm > 0.0:
            sample.field_current_a = i_f
        heat_w = par.iron_share * work.iron_w + par.gear_share * work.gear_w + par.inverter_share * work.inverter_w
        heat_w[END_WINDING] += share * work.copper_w
        heat_w[SLOT_WINDING] += (1.0 - share) * work.copper_w
        heat_w[ROTOR] += work.rotor_w
        dc_w = work.shaft_w + work.copper_w + work.iron_w + work.rotor_w + work.inverter_w
        sample.dc_voltage_v = par.dc_voltage_v * (1.0 - 0.05 * dc_w / 1e5)
        sample.dc_current_a = dc_w / sample.dc_voltage_v
        self._heat(heat_w, sample.motor_speed_rpm, inlet_c, ambient_c, flow_l_min)
        sample.winding_temp_c = self.temp_c[END_WINDING]
        sample.coolant_out_temp_c = self.temp_c[COOLANT_OUT]
        sample.oil_temp_c = self.temp_c[OIL]

    def _heat(self, heat_w: Array, speed_rpm: float, inlet_c: float, ambient_c: float, flow_l_min: float) -> None:
        """One second of the network by implicit Euler: heat balances of the nodes as linear equations."""
        par = self.par
        balance, known = np.diag(par.capacity_j_k.copy()), par.capacity_j_k * self.temp_c + heat_w
        pump_w_k = par.coolant_j_l_k * flow_l_min / 60.0
        balance[COOLANT_OUT, COOLANT_OUT] += pump_w_k
        known[COOLANT_OUT] += pump_w_k * inlet_c
        for edge in range(par.edges):
            w_k = conductance(
                par, edge, effective_flow(par, flow_l_min, inlet_c), speed_rpm / par.reference_speed_rpm, inlet_c
            )
            i, j = par.edge_from[edge], par.edge_to[edge]
            balance[i, i] += w_k
            if j == AMBIENT:
                known[i] += w_k * ambient_c
            elif j == COOLANT_IN:
                known[i] += w_k * inlet_c
            else:
                balance[j, j] += w_k
                balance[i, j] -= w_k
                balance[j, i] -= w_k
        self.temp_c = np.linalg.solve(balance, known)
