"""What each fault of physics 7.4 does to the daily features: the table that diagnoses are read from."""

from typing import NamedTuple

import numpy as np

from twin.fleet.features import GATE, INDEX, N_FEATURES, N_JUDGED, Floats


class Fault(NamedTuple):
    """A fault at a usual size; how far it goes is found, in proportion."""

    shifts: dict[str, float]  # feature -> change on the scale of the feature table
    check: str
    both_ways: bool = False  # as likely with all signs turned
    share: float = 1.0  # of faults, against the others
    elsewhere: tuple[dict[str, float], ...] = ()  # what it does in machines of another kind


FAULTS = {
    "pump": Fault(
        {"pump_flow_ratio": -0.35, "cooling_conductance_ratio": 0.0},
        "coolant pump: its speed against its current, fast and little current is air, slow is friction; filter, hoses",
    ),
    "air_in_coolant": Fault(
        {
            "pump_flow_ratio": -0.16,
            "module_resistance_ratio": 0.38,
            "drag_scale": 0.20,
            "cooling_conductance_ratio": -0.12,
        },
        "coolant level, bleeding: less flow than the pump is told, and walls that air keeps dry",
    ),
    "cooling_loss": Fault(
        {
            "cooling_conductance_ratio": -0.26,
            "module_resistance_ratio": 0.50,
            "drag_scale": 0.28,
            "leg_resistance_ratio": 0.0,
            "pump_flow_ratio": 0.0,
            "winding_residual_loss_k_per_kw": 0.0,
        },
        "deposits in the cooled channels: machine, oil and power module all lose heat badly at the usual flow",
    ),
    "coolant_sensor": Fault(
        {
            "coolant_in_offset_k": 2.2,
            "winding_offset_k": -0.9,
            "coolant_out_offset_k": -0.85,
            "cooling_conductance_ratio": 0.15,
            "drag_scale": -0.15,
            "module_resistance_ratio": -0.35,
            "winding_residual_offset_k": -1.2,
            "coolant_out_residual_offset_k": -2.6,
        },
        "inlet temperature sensor against the others after a night at rest",
        both_ways=True,
    ),
    "outlet_sensor": Fault(
        {"coolant_out_offset_k": 3.0, "coolant_out_residual_offset_k": 3.0},
        "outlet temperature sensor against the others after a night at rest",
        both_ways=True,
        share=0.5,
    ),
    "winding_sensor": Fault(
        {
            "winding_offset_k": 5.0,
            "cooling_conductance_ratio": -0.4,
            "winding_residual_offset_k": 5.0,
            "winding_residual_loss_k_per_kw": 0.0,
            "coolant_out_residual_offset_k": 0.0,
        },
        "winding temperature sensor against the others after a night at rest; plug and wiring",
        both_ways=True,
    ),
    "demagnetisation": Fault(
        {"magnet_flux_20c_wb": -0.03, "loss_ratio": -0.22, "copper_loss_scale": 0.12},
        "back-EMF at a known rotor temperature; hottest rotor temperatures of the unit's life",
    ),
    "field_short": Fault(
        {"field_resistance_20c_ohm": -0.02},
        "resistance of the field winding at the slip rings; one turn of a hundred is 1 %",
    ),
    "brush_wear": Fault(
        {"brush_drop_v": 1.0, "isolation_decades": -0.4},
        "length of the brushes, slip rings, dust in the brush chamber",
        share=2.0,
    ),
    "turn_short": Fault(
        {
            "cooling_conductance_ratio": -0.16,
            "copper_loss_scale": 0.27,
            "loss_ratio": 0.025,
            "module_resistance_ratio": 0.0,
            "winding_residual_loss_k_per_kw": 0.4,
        },
        "phase resistances and inductances against each other, insulation test between turns",
        share=0.5,
        elsewhere=({"copper_loss_scale": 0.24, "winding_residual_loss_k_per_kw": 0.7},),  # conductance is not known
    ),
    "bearing_wear": Fault(
        {
            "vibration_m_s2": 1.4,
            "vibration_kurtosis": 4.0,
            "drag_scale": 0.20,
            "cooling_conductance_ratio": -0.06,
            "loss_ratio": 0.02,
        },
        "bearing frequencies in the vibration, oil for metal, noise at constant speed",
    ),
    "gear_pitting": Fault(
        {
            "vibration_m_s2": 0.9,
            "vibration_kurtosis": 1.5,
            "drag_scale": 0.12,
            "cooling_conductance_ratio": -0.06,
            "loss_ratio": 0.02,
        },
        "tooth mesh side bands on the drive and the coast side, oil for metal",
    ),
    "oil_loss": Fault(
        {"drag_scale": 0.35, "loss_ratio": -0.02, "vibration_m_s2": 0.0, "cooling_conductance_ratio": 0.0},
        "oil level and seals: hotter oil although churning takes less",
    ),
    "resolver_offset": Fault(
        {"resolver_offset_deg": 1.5},
        "learned angle of the rotor position sensor, its mounting",
        both_ways=True,
        elsewhere=({"resolver_offset_deg": 1.65, "loss_ratio": -0.14, "copper_loss_scale": -0.3},),
    ),
    "leg_ageing": Fault(
        {"leg_resistance_ratio": 0.12, "module_resistance_ratio": 0.05},
        "on-state voltage of the hottest leg at a service stop",
    ),
    "interface_dry_out": Fault(
        {"module_resistance_ratio": 0.20, "leg_resistance_ratio": 0.0, "cooling_conductance_ratio": 0.0},
        "thermal interface between power module and cold plate: all legs are warmer, the machine is not",
    ),
    "phase_current_gain": Fault(
        {
            "loss_ratio": -0.35,
            "cooling_conductance_ratio": 0.08,
            "copper_loss_scale": -0.06,
            "module_resistance_ratio": -0.05,
            "winding_residual_loss_k_per_kw": -0.1,
        },
        "phase current sensors against each other at standstill and load: less heat than these currents make",
        both_ways=True,
        share=0.7,
        elsewhere=(
            {  # magnets
                "loss_ratio": -0.50,
                "copper_loss_scale": -0.35,
                "cooling_conductance_ratio": 0.05,
                "winding_residual_loss_k_per_kw": -0.15,
            },
            {  # too little load for the ratio of losses
                "copper_loss_scale": -0.25,
                "module_resistance_ratio": -0.09,
                "cooling_conductance_ratio": 0.05,
            },
        ),
    ),
    "dc_current_gain": Fault(
        {
            "loss_ratio": 0.25,
            "cooling_conductance_ratio": 0.0,
            "copper_loss_scale": 0.0,
            "winding_residual_loss_k_per_kw": 0.0,
        },
        "DC current sensor against the battery's",
        both_ways=True,
    ),
    "isolation": Fault(
        {"isolation_decades": -1.5},
        "insulation resistance with the battery apart, and whether the monitor's software has a known fault",
    ),
}
"""Name -> fault. A feature that is not named stays; one with 0 is told apart by staying."""

UNEXPLAINED = "unexplained"
UNEXPLAINED_CHECK = "the listed features against their history; no known fault shifts these together"

NAMES = tuple(FAULTS)
PATTERNS = tuple((name, shifts) for name, fault in FAULTS.items() for shifts in (fault.shifts, *fault.elsewhere))
"""(fault, feature -> change): one or more of each fault, in the order of NAMES."""
OF = np.array([NAMES.index(name) for name, _ in PATTERNS])
SHIFTS: Floats = np.zeros((len(PATTERNS), N_FEATURES))
for _row, (_, _shifts) in enumerate(PATTERNS):
    for _name, _shift in _shifts.items():
        SHIFTS[_row, INDEX[_name]] = _shift
MAIN = np.argmax((np.abs(SHIFTS) / GATE)[:, :N_JUDGED], axis=1)
"""The feature by which each pattern is known; no witness."""
