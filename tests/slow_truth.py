"""What the slow parameters of a simulated day truly are: the variant's network and losses at true losses and places.

Ratios are defined against the variant, so the truth needs the variant's network too, but none of the unit's sensors,
none of the variant's losses, and no filter.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.estimators import condition, cooling
from twin.estimators.module import FLOW_EXPONENT
from twin.jit import kernel
from twin.layout import COOLANT_OUT, END_WINDING, HOUSING, N_NODES, OIL, ROTOR, SLOT_WINDING, TEETH, WORK, YOKE
from twin.physics.losses import gear_loss, oil_factors, unit_oil_viscosity
from twin.physics.thermal import hold, network, times_vector
from twin.plant import layout as plant
from twin.plant import sensors as plant_sensors
from twin.plant.unit import SimulatedUnit
from twin.variants import Variant

Floats = NDArray[np.float64]
STARTS = {
    END_WINDING: plant.END, SLOT_WINDING: plant.SLOT, TEETH: plant.TEETH, YOKE: plant.YOKE, ROTOR: plant.CONDUCTOR,
    OIL: plant.OIL, HOUSING: plant.HOUSING, COOLANT_OUT: plant.JACKET,
}  # fmt: skip
MODULE_LEAST_K = 0.5
SENSORS = {
    "winding_offset_k": "winding_temp_c",
    "coolant_out_offset_k": "coolant_out_temp_c",
    "coolant_in_offset_k": "coolant_in_temp_c",
    "oil_offset_k": "oil_temp_c",
}
ISOLATION_K = 60.0
"""The simulator's isolation resistance falls by a factor of e over so many kelvins from 20 degC on."""
YEAR_S = 365.25 * 86_400.0


@kernel
def _open_loop(
    par: Any, work: Any, heat_w: Any, part_w: Any, inlet_c: Any, air_c: Any, flow: Any, rpm: Any, temp_c: Any,
    reference_c: Any, housing_c: Any, oil_c: Any, gear_k: Any, relative_flow: Any,
) -> None:  # fmt: skip
    """Fill the network's temperatures second by second from ``temp_c`` on, and the oil's by the gear alone."""
    rate, gained, s = np.zeros(N_NODES), np.zeros(N_NODES), work.scratch[7]
    gears_k = np.zeros(N_NODES)
    for k in range(len(inlet_c)):
        reference_c[k], housing_c[k] = temp_c[END_WINDING], temp_c[HOUSING]
        oil_c[k], gear_k[k] = temp_c[OIL], gears_k[OIL]
        network(par, work, flow[k], rpm[k], inlet_c[k], air_c[k])
        relative_flow[k] = work.relative_flow[1]
        hold(work.system[:], 1.0, work.transition[:], s, work.scratch)
        for part in range(2):
            temp = temp_c if part == 0 else gears_k
            watts = heat_w[k] if part == 0 else part_w[k]
            times_vector(work.system, temp, rate)
            for i in range(N_NODES):
                rate[i] += watts[i] / par.capacity_j_k[i] + (work.forcing[i] if part == 0 else 0.0)
            times_vector(s, rate, gained)
            for i in range(N_NODES):
                temp[i] += gained[i]


@dataclass
class Minutes:
    """Means of the whole minutes of a day's drives, each (n,)."""

    winding_k: Floats  # true, over the coolant inlet
    slope_k_s: Floats
    reference_k: Floats  # the network's for the same losses
    housing_k: Floats
    heat_w: Floats
    oil_k: Floats
    oil_other_k: Floats
    oil_gear_k: Floats
    module_k: Floats
    plate_k: Floats

    @property
    def steady(self) -> NDArray[np.bool_]:
        """Those by which the conductance is defined (physics 4.4)."""
        warm = self.reference_k > cooling.LEAST_RISE_K
        warm &= self.housing_k > cooling.LEAST_HOUSING_SHARE * self.reference_k
        steady = np.abs(self.slope_k_s) < cooling.STEADY_K_S
        return np.asarray(warm & steady & (self.heat_w > cooling.LEAST_HEAT_W))


def _losses(par: Any, truth: Any) -> tuple[Floats, Floats]:
    """True losses at the variant's nodes (n, N_NODES) [W], and the gear's part of them."""
    heat_w = np.zeros((len(truth), N_NODES))
    heat_w[:, END_WINDING] = par.end_winding_share * truth["copper_loss_w"]
    heat_w[:, SLOT_WINDING] = (1.0 - par.end_winding_share) * truth["copper_loss_w"]
    heat_w += np.outer(truth["iron_loss_w"], par.iron_share)
    heat_w[:, ROTOR] += truth["rotor_loss_w"]
    heat_w += np.outer(truth["inverter_loss_w"], par.inverter_share)
    gear_w = np.outer(truth["gear_loss_w"], par.gear_share)
    return heat_w + gear_w, gear_w


def minutes(variant: Variant, unit: SimulatedUnit, drives: list[tuple[NDArray[Any], Any]]) -> Minutes:
    """Of the days' drives of a unit: (SAMPLE, TRUTH) at 1 Hz."""
    par = variant.parameters.view(np.recarray)[0]
    work = np.zeros(1, WORK).view(np.recarray)[0]
    flow_gain = 1.0 + unit.sensors[plant.CHANNEL["coolant_flow_l_min"], 1]
    found: list[list[Floats]] = []
    for samples, truth in drives:
        breaks = np.flatnonzero(np.diff(truth["time_s"]) > 1) + 1
        for own, true in zip(np.split(samples, breaks), np.split(truth, breaks), strict=True):
            found.append(_of_drive(par, work, own, true, flow_gain))
    return Minutes(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _of_drive(par: Any, work: Any, samples: NDArray[Any], truth: Any, flow_gain: float) -> list[Floats]:
    count = len(truth) // 60
    temps_c = truth["temps_c"]
    heat_w, gear_w = _losses(par, truth)
    inlet_c = np.ascontiguousarray(temps_c[:, plant.LOOP])
    start_c = np.array([temps_c[0, STARTS[node]] for node in range(N_NODES)])
    reference_c, housing_c, oil_c, gear_k, relative_flow = np.zeros((5, len(truth)))
    _open_loop(
        par, work, heat_w, gear_w, inlet_c, samples["ambient_temp_c"].copy(),
        samples["coolant_flow_l_min"] / flow_gain, np.abs(samples["motor_speed_rpm"]), start_c,
        reference_c, housing_c, oil_c, gear_k, relative_flow,
    )  # fmt: skip

    def mean(values: Floats) -> Floats:
        return np.asarray(values[: 60 * count].reshape(count, 60).mean(axis=1))

    winding_c = 0.8 * temps_c[:, plant.END] + 0.2 * temps_c[:, plant.SLOT]
    slope_k_s = winding_c[: 60 * count].reshape(count, 60) @ ((np.arange(60) - 29.5) / cooling.LEVER_S2)
    machine_w = truth["copper_loss_w"] + truth["iron_loss_w"] + truth["rotor_loss_w"]
    plate_k = par.plate_k_w * truth["inverter_loss_w"] / par.inverters / relative_flow**FLOW_EXPONENT
    return [
        mean(winding_c - inlet_c), slope_k_s, mean(reference_c - inlet_c), mean(housing_c - inlet_c), mean(machine_w),
        mean(temps_c[:, plant.OIL] - inlet_c), mean(oil_c - inlet_c - gear_k), mean(gear_k),
        mean(temps_c[:, plant.INVERTER] - inlet_c), mean(plate_k),
    ]  # fmt: skip


@kernel
def _gear_w(par: Any, speed_rad_s: Any, shaft_w: Any, oil_c: Any) -> Any:
    """(n,) loss of the gear by the variant's model at the true temperature of the oil [W]."""
    lost_w = np.zeros(len(oil_c))
    for k in range(len(oil_c)):
        lost_w[k] = gear_loss(par, speed_rad_s[k], shaft_w[k], *oil_factors(par, unit_oil_viscosity(par, oil_c[k])))
    return lost_w


def _slope(x: Floats, y: Floats) -> float:
    return float(x @ y / (x @ x)) if len(x) >= 5 else float("nan")


def conductance(of: Minutes) -> float:
    """Conductance from winding to coolant over the variant's at that flow, coolant and history of the losses.

    Heat over rise alone would not do: a fouled unit's coolant is warmed less, so it is thicker and warms up later.
    """
    chosen = of.steady
    return 1.0 / _slope(of.reference_k[chosen], of.winding_k[chosen])


def parameters(variant: Variant, unit: SimulatedUnit, drives: list[tuple[NDArray[Any], Any]]) -> dict[str, float]:
    """Field of ``SlowParameters`` -> truth, of those that a sound unit has one of; losses by class: see ``losses``."""
    par, of, own = variant.parameters.view(np.recarray)[0], minutes(variant, unit, drives), unit.parameters
    truth = np.concatenate([true for _, true in drives])
    rpm = np.concatenate([samples["motor_speed_rpm"] for samples, _ in drives])
    gear_w = _gear_w(par, rpm * np.pi / 30.0, truth["shaft_power_w"].copy(), truth["temps_c"][:, plant.OIL].copy())
    warm = of.plate_k > MODULE_LEAST_K
    found = {
        "cooling_conductance_ratio": conductance(of),
        "drag_scale": float(truth["gear_loss_w"].sum() / gear_w.sum()),
        "module_resistance_ratio": _slope(of.plate_k[warm], of.module_k[warm]),
        "leg_resistance_ratio": float(own.leg_rth[:3].max() / own.leg_rth[:3].mean()),
        "resolver_offset_deg": 0.0,
        "pump_flow_ratio": float(own.design_flow_l_min * own.pump_health / par.pump_flow_l_min),
        "isolation_decades": math.log10(own.isolation_ohm)
        - (condition.ISOLATION_C - 20.0) / ISOLATION_K / math.log(10.0),
        "vibration_m_s2": float(own.vibration_m_s2),
        "vibration_kurtosis": float(own.vibration_kurtosis),
    }
    if par.field_resistance_ohm > 0.0:
        found |= {
            "field_resistance_20c_ohm": float(own.field_resistance_20c_ohm),
            "brush_drop_v": float(own.brush_drop_v),
        }
    if par.magnet_flux_wb > 0.0:
        found["magnet_flux_20c_wb"] = float(own.magnet_flux_wb)
    return found


def losses(point: Any, drives: list[tuple[NDArray[Any], Any]]) -> dict[str, float]:
    """Energy truly lost by class, and in all, over what the model says of the day in ``point``, a DAY_POINT."""
    truth = np.concatenate([true for _, true in drives])
    wh = {name: truth[f"{name}_loss_w"].sum() / 3_600.0 for name in plant.LOSSES}
    return {
        "copper_loss_scale": float(wh["copper"] / point["copper_loss_wh"]),
        "iron_loss_scale": float((wh["iron"] + wh["rotor"]) / (point["iron_loss_wh"] + point["rotor_loss_wh"])),
        "inverter_loss_scale": float(wh["inverter"] / point["inverter_loss_wh"]),
        "loss_ratio": float(sum(wh.values()) / point["loss_energy_wh"]),
    }


def offsets(unit: SimulatedUnit, time_s: float) -> dict[str, float]:
    """Offsets of the temperature sensors at a time, with their drift [K]; and over the inlet's, as residuals show."""
    table, years = unit.sensors, (time_s - unit.built_s) / YEAR_S
    places = {name: plant.CHANNEL[channel] for name, channel in SENSORS.items()}
    own = {
        name: float(table[place, plant_sensors.OFFSET] + years * table[place, plant_sensors.DRIFT])
        for name, place in places.items()
    }
    over_inlet = {
        name.replace("_offset_k", "_residual_offset_k"): offset_k - own["coolant_in_offset_k"]
        for name, offset_k in own.items()
        if name != "coolant_in_offset_k"
    }
    return own | over_inlet
