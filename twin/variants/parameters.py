"""From a checked variant file to the PARAMETERS record the kernels read."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from schemas.signals import SIGNALS
from schemas.variant import Quantity, VariantFile
from schemas.variant.judgement import LossParts
from schemas.variant.paths import HeatPath, LinearConductance, LinearResistance
from schemas.variant.quantities import Series
from twin.layout import (
    AMBIENT,
    COOLANT_IN,
    COOLANT_IN_ERROR,
    MAP_SPEEDS,
    MAP_TORQUES,
    N_CORRECTING,
    N_NODES,
    NODES,
    PARAMETERS,
    ROTOR,
    SENSOR_ERROR,
    TEETH,
    YOKE,
)
from twin.physics.bearings import oil_viscosity
from twin.physics.junction import ripple_table
from twin.physics.operating_map import operating_map
from twin.variants.check import system
from twin.variants.loss_map import MeasuredLoss, fill
from twin.variants.wear import fill as fill_wear

US_PER_S = 1_000_000
IMPLAUSIBLE_LIMIT = 0.5
"""A second with an impossible value counts as 1, another as 0."""
MAGNET_SLOPE = -0.0012
"""Of the flux of NdFeB [1/K] at 20 degC (physics 3.2)."""


def _plain(value: Any) -> Any:
    """A model as plain numbers and words, without sources: those may be reworded."""
    if isinstance(value, Quantity | Series):
        return value.value
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {name: _plain(below) for name, below in value.items()}
    return value


def parameter_hash(file: VariantFile, loss_map: MeasuredLoss | None = None) -> int:
    """63-bit hash of everything in the file that a result can depend on; the same on every machine."""
    plain = _plain(file)
    if loss_map:
        plain["machine"]["loss_map"] |= {"total": loss_map.digest, "drag": "", "source": ""}
    del plain["title"]
    canonical = json.dumps(plain, sort_keys=True)
    return int.from_bytes(hashlib.blake2b(canonical.encode(), digest_size=8).digest(), "big") >> 1


def _fill(par: Any, values: dict[str, Quantity | float]) -> None:
    for name, value in values.items():
        par[name] = value.value if isinstance(value, Quantity) else value


def _or_zero(quantity: Quantity | None) -> float:
    return quantity.value if quantity else 0.0


def _values(*quantities: Quantity) -> list[float]:
    return [quantity.value for quantity in quantities]


def _by_node(quantities: Any) -> NDArray[np.float64]:
    return np.array([getattr(quantities, node).value for node in NODES])


def _shares(shares: Any) -> NDArray[np.float64]:
    return np.array([shares[node].value if node in shares else 0.0 for node in NODES])


def parameters(
    file: VariantFile, loss_map: MeasuredLoss | None = None, operating: NDArray[np.float64] | None = None
) -> NDArray[Any]:
    """(1,) PARAMETERS with its table of operating points; ``operating``: that table where it is known already.

    ``loss_map``: the map the file names.
    """
    record = np.zeros(1, PARAMETERS).view(np.recarray)
    par: Any = record[0]
    par["low"] = [signal.low for signal in SIGNALS]
    par["high"] = [signal.high for signal in SIGNALS]
    _machine(par, file)
    _inverter_and_gear(par, file)
    if file.machine.loss_map and loss_map:
        fill(par, file.machine.loss_map, loss_map)
    _thermal(par, file)
    _sensors(par, file)
    fill_wear(par, file)
    rates, _ = system(par, par["nominal_flow_l_min"], par["reference_speed_rpm"])
    par["rotor_time_s"] = -1.0 / rates[ROTOR, ROTOR]
    par["slowest_s"] = np.max(-1.0 / np.linalg.eigvals(rates).real)
    par["map_speed_step_rpm"] = file.machine.max_speed.value / (MAP_SPEEDS - 1)
    par["map_torque_step_nm"] = file.machine.max_torque.value / (MAP_TORQUES - 1)
    par["map"] = operating_map(par) if operating is None else operating
    return record


def _machine(par: Any, file: VariantFile) -> None:
    machine, field, magnets, cage = file.machine, file.machine.field, file.machine.magnets, file.machine.cage
    excited = field or cage
    _fill(
        par,
        {
            "pole_pairs": machine.pole_pairs,
            "phase_resistance_ohm": machine.phase_resistance,
            "copper_temp_coefficient": machine.copper_temp_coefficient,
            "ac_temp_exponent": machine.ac_temp_exponent,
            "reference_speed_rpm": machine.reference_speed,
            "d_inductance_h": machine.d_inductance,
            "q_inductance_h": machine.q_inductance,
            "hysteresis_w": machine.hysteresis,
            "eddy_w": machine.eddy,
            "slot_harmonics_w": _or_zero(machine.slot_harmonics),
            "load_harmonics_w": _or_zero(machine.load_harmonics),
            "current_limit_a": machine.current_limit,
            "field_saturation_a": excited.saturation_current if excited else 1.0,
            "field_flux_h": excited.mutual_inductance if excited else 0.0,
            "field_resistance_ohm": field.resistance if field else 0.0,
            "brush_drop_v": field.brush_drop if field else 0.0,
            "brush_drop_sd_v": field.brush_drop_sd if field else 0.0,
            "hot_spot_k_w": field.hot_spot_resistance if field else 0.0,
            "hot_spot_s": field.hot_spot_time if field else 1.0,
            "rotor_slope": machine.copper_temp_coefficient if field else MAGNET_SLOPE,
            "field_current_limit_a": field.current_limit if field else 0.0,
            "table_field_share": field.table_current if field else 0.0,
            "table_field_sd": field.table_loss_sd if field else 0.0,
            "cage_resistance_ohm": cage.resistance if cage else 0.0,
            "cage_least_current_a": cage.least_current if cage else 0.0,
            "rotor_temp_coefficient": cage.temp_coefficient if cage else machine.copper_temp_coefficient,
            "magnet_flux_wb": magnets.flux if magnets else 0.0,
            "magnet_loss_w": magnets.loss if magnets else 0.0,
        },
    )
    powers = (machine.ac_copper_linear, machine.ac_copper_factor, machine.ac_copper_cube, machine.ac_copper_fourth)
    par["ac_copper_share"] = [_or_zero(power) for power in powers]
    split, temperature = machine.rotor_iron, machine.iron_temperature
    par["stator_iron"] = _values(split.constant, split.speed, split.current, split.cross) if split else [1, 0, 0, 0]
    par["stator_iron_current_a"] = split.reference_current.value if split else 1.0
    if temperature:
        par["iron_temp_coefficient"] = temperature.coefficient.value
        par["iron_reference_temp_c"][[TEETH, YOKE, ROTOR]] = _values(
            temperature.teeth, temperature.yoke, temperature.rotor
        )


def _inverter_and_gear(par: Any, file: VariantFile) -> None:
    inverter, gear = file.inverter, file.gear
    _fill(
        par,
        {
            "dc_voltage_v": inverter.dc_voltage,
            "modulation_limit": inverter.modulation_limit,
            "switch_voltage_v": inverter.switch_voltage,
            "switch_resistance_ohm": inverter.switch_resistance,
            "diode_voltage_v": inverter.diode_voltage,
            "diode_resistance_ohm": inverter.diode_resistance,
            "switching_energy_j": inverter.switching_energy,
            "switching_current_a": inverter.switching_current,
            "switching_voltage_v": inverter.switching_voltage,
            "switching_exponent": inverter.switching_exponent,
            "switching_frequency_hz": inverter.switching_frequency,
            "dead_time_s": inverter.dead_time,
            "body_diode_voltage_v": inverter.body_diode_voltage,
            "inverter_fixed_loss_w": inverter.fixed_loss,
            "recovery_share": inverter.recovery_share,
            "device_reference_c": inverter.device_temp,
            "threshold_slope": inverter.threshold_slope,
            "resistance_slope": inverter.resistance_slope,
            "switching_slope": inverter.switching_slope,
            "plate_k_w": inverter.plate_resistance,
            "plate_s": inverter.plate_time,
            "sensor_share": 1.0 if inverter.sensor == "on_chip" else inverter.sensor_share,
            "junction_limit_c": file.limits.junction,
            "inverters": file.phases / 3,
            "gear_ratio": gear.ratio,
            "wheel_radius_m": gear.wheel_radius,
            "least_wheel_share": (gear.smallest_wheel or gear.wheel_radius).value / gear.wheel_radius.value,
            "most_wheel_share": (gear.largest_wheel or gear.wheel_radius).value / gear.wheel_radius.value,
            "ripple_top_hz": machine_hz(file),
            "mesh_loss_share": gear.mesh_loss,
            "drag_torque_nm": gear.drag_torque,
            "viscous_drag_nm_s": gear.viscous_drag,
            "churning_share": gear.churning_share,
        },
    )
    ladders = (inverter.switch, inverter.diode)
    par["foster_k_w"] = [ladder.resistance.value for ladder in ladders]
    par["foster_s"] = [ladder.time.value for ladder in ladders]
    par["ripple_k_w"] = ripple_table(par["foster_k_w"], par["foster_s"], par["ripple_top_hz"])
    at_40c, at_100c = _values(gear.oil_viscosity_40c, gear.oil_viscosity_100c)
    par["oil_viscosity_mm2_s"] = [at_40c, at_100c, oil_viscosity(gear.oil_temp.value, at_40c, at_100c)]


def machine_hz(file: VariantFile) -> float:
    """Highest electrical frequency [Hz]."""
    return file.machine.pole_pairs.value * file.machine.max_speed.value / 60.0


def _thermal(par: Any, file: VariantFile) -> None:
    thermal, coolant = file.thermal, file.thermal.coolant
    _fill(
        par,
        {
            "end_winding_share": thermal.heat.end_winding,
            "coolant_j_l_k": coolant.heat_capacity,
            "nominal_flow_l_min": coolant.nominal_flow,
            "pump_flow_l_min": coolant.pump_flow,
            "coolant_thinning_per_k": coolant.thinning,
            "coolant_thin_temp_c": coolant.thin_temp,
            "inlet_by_outlet_sd_k": coolant.inlet_by_outlet_sd,
            "assumed_flow_share": coolant.assumed_flow,
            "assumed_flow_sd": coolant.assumed_flow_sd,
            "assumed_ambient_temp_c": coolant.assumed_ambient,
            "assumed_ambient_sd_k": coolant.assumed_ambient_sd,
            "assumed_coolant_rise_k": coolant.assumed_rise,
            "assumed_coolant_sd_k": coolant.assumed_sd,
            "start_common_sd_k": thermal.start_common_sd,
            "start_node_sd_k": thermal.start_node_sd,
            "soak_sd_k": thermal.soak_sd,
            "parked_s": thermal.parked,
            "loss_correlation_s": thermal.loss_correlation,
            "warm_up_s": thermal.warm_up,
        },
    )
    par["iron_share"] = _shares(thermal.heat.iron)
    par["gear_share"] = _shares(thermal.heat.gear)
    par["inverter_share"] = _shares(thermal.heat.inverter)
    par["capacity_j_k"] = _by_node(thermal.capacity)
    par["process_noise_k2_s"] = _by_node(thermal.process_noise) ** 2
    par["discrepancy_k"] = _by_node(thermal.discrepancy)
    paths = [thermal.conductance[name] for name in sorted(thermal.conductance)]
    _paths(par, [path for path in paths if path.conductance_w_k > 0.0])


def _paths(par: Any, paths: list[HeatPath]) -> None:
    """Heat paths in the one form of ``twin.physics.thermal.conductance``."""
    places = {name: node for node, name in enumerate(NODES)} | {"ambient": AMBIENT, "coolant_in": COOLANT_IN}
    par["edges"] = len(paths)
    par["edge_resistance"][:, 4] = 1.0
    for k, path in enumerate(paths):
        par["edge_from"][k] = places[path.start]
        par["edge_to"][k] = places[path.end]
        par["edge_w_k"][k] = path.conductance_w_k
        par["edge_flow_exponent"][k] = _or_zero(path.flow_exponent)
        if isinstance(path, LinearConductance):
            par["edge_speed_gain"][k] = _or_zero(path.speed_gain)
        elif isinstance(path, LinearResistance):
            slopes = (path.speed_slope, path.coolant_slope, path.cross_slope)
            par["edge_resistance"][k, :3] = [_or_zero(slope) * path.conductance_w_k for slope in slopes]
        else:
            share = path.standstill_resistance.value * path.conductance_w_k
            par["edge_resistance"][k, 3:] = share, path.speed_scale.value


def _sensors(par: Any, file: VariantFile) -> None:
    sensors, limits, efficiency = file.sensors, file.limits, file.efficiency
    correcting = (sensors.winding, sensors.coolant_out, sensors.oil)
    par["consider_sd"][:N_NODES] = _by_node(file.thermal.imbalance)
    par["consider_sd"][COOLANT_IN_ERROR] = sensors.coolant_in_offset_sd.value
    par["consider_sd"][SENSOR_ERROR:] = [sensor.offset_sd.value for sensor in correcting]
    par["noise_sd_k"] = [sensor.noise_sd.value for sensor in correcting]
    par["lag_s"] = [sensor.lag.value for sensor in correcting]
    par["temp_limit_c"] = [limits.winding.value, limits.rotor.value, limits.oil.value]
    _fill(
        par,
        {
            "voltage_gain_sd": sensors.voltage_gain_sd,
            "current_gain_sd": sensors.current_gain_sd,
            "current_offset_sd_a": sensors.current_offset_sd,
            "torque_gain_sd": sensors.torque_gain_sd,
            "torque_offset_sd_nm": sensors.torque_offset_sd,
            "speed_gain_sd": sensors.speed_gain_sd,
            "torque_gain": sensors.torque_gain,
            "torque_offset_nm": sensors.torque_offset,
            "torque_dead_zone_nm": sensors.torque_dead_zone,
            "auxiliary_w": sensors.auxiliary_power,
            "auxiliary_moving_w": sensors.auxiliary_power_moving,
            "auxiliary_sd_w": sensors.auxiliary_power_sd,
            "power_floor_w": efficiency.power_floor,
            "torque_floor_nm": efficiency.torque_floor,
            "loss_scale_sd": efficiency.loss_scale_sd,
            "rotor_spread": sensors.rotor.spread if sensors.rotor else 0.0,
            "rotor_offset_sd_k": sensors.rotor.offset_sd if sensors.rotor else 0.0,
            "rotor_noise_sd_k": sensors.rotor.noise_sd if sensors.rotor else 0.0,
            "alert_hysteresis_k": limits.hysteresis,
            "lasting_calm_share": limits.lasting.calm_share,
            "still_moved_k": limits.lasting.moved,
        },
    )
    lasting = limits.lasting
    par["lasting_s"], par["lasting_trips"] = round(lasting.seconds.value), round(lasting.trips.value)
    over = (*N_CORRECTING * (lasting.innovation,), lasting.coolant, lasting.balance, lasting.legs)
    par["lasting_limit"] = [*(limit.value for limit in over), IMPLAUSIBLE_LIMIT, lasting.stuck.value]
    par["part_loss_sd"] = [getattr(efficiency.part_loss_sd, part).value for part in LossParts.model_fields]
    par["hold_limit_us"] = round(file.telemetry.hold_limit.value * US_PER_S)
    par["torque_delay_us"] = round(file.telemetry.torque_delay.value * US_PER_S)
    par["dc_window_us"] = round(file.telemetry.dc_window.value * US_PER_S)
