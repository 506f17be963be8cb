"""What each fault of physics 7.4 does to the daily features: the table that diagnoses are read from."""

from typing import NamedTuple

import numpy as np

from twin.fleet.features import GATE, INDEX, N_FEATURES, Floats


class Fault(NamedTuple):
    """A fault at a usual size; how far it goes is found, in proportion."""

    shifts: dict[str, float]  # feature -> change on the scale of the feature table
    check: str
    both_ways: bool = False  # as likely with all signs turned
    share: float = 1.0  # of faults, against the others


FAULTS = {
    "cooling_loss": Fault(
        {"cooling_conductance_ratio": -0.30, "module_resistance_ratio": 0.15, "leg_resistance_ratio": 0.0},
        "coolant level and bleeding; pump speed against its current: fast and little current is air, slow is friction; "
        "deposits if both are right",
        share=2.0,
    ),
    "coolant_sensor": Fault(
        {"coolant_out_offset_k": 3.0},
        "coolant temperature sensor against the others after a night at rest",
        both_ways=True,
    ),
    "winding_sensor": Fault(
        {"winding_offset_k": 5.0},
        "winding temperature sensor against the others after a night at rest; plug and wiring",
        both_ways=True,
    ),
    "demagnetisation": Fault(
        {"magnet_flux_20c_wb": -0.03, "copper_loss_scale": 0.05, "loss_ratio": 0.02},
        "back-EMF at a known rotor temperature; hottest rotor temperatures of the unit's life",
    ),
    "field_short": Fault(
        {"field_resistance_20c_ohm": -0.02},
        "resistance of the field winding at the slip rings; one turn of a hundred is 1 %",
    ),
    "brush_wear": Fault(
        {"brush_drop_v": 1.0, "isolation_decades": -0.2},
        "length of the brushes, slip rings, dust in the brush chamber",
        share=2.0,
    ),
    "turn_short": Fault(
        {"copper_loss_scale": 0.15, "cooling_conductance_ratio": -0.08, "leg_resistance_ratio": 0.04},
        "phase resistances and inductances against each other, insulation test between turns",
        share=0.5,
    ),
    "bearing_wear": Fault(
        {"drag_scale": 0.40, "vibration_m_s2": 1.4, "loss_ratio": 0.05},
        "bearing frequencies in the vibration, oil for metal, noise at constant speed",
    ),
    "gear_pitting": Fault(
        {"drag_scale": 0.12, "vibration_m_s2": 0.9, "loss_ratio": 0.03},
        "tooth mesh side bands on the drive and the coast side, oil for metal",
    ),
    "oil_loss": Fault(
        {"drag_scale": 0.20, "loss_ratio": -0.04, "vibration_m_s2": 0.15},
        "oil level and seals: hotter oil although churning takes less",
    ),
    "resolver_offset": Fault(
        {"resolver_offset_deg": 1.5},
        "learned angle of the rotor position sensor, its mounting",
        both_ways=True,
    ),
    "leg_ageing": Fault(
        {"leg_resistance_ratio": 0.20, "module_resistance_ratio": 0.08},
        "on-state voltage of the hottest leg at a service stop",
    ),
    "interface_dry_out": Fault(
        {"module_resistance_ratio": 0.25, "leg_resistance_ratio": 0.0, "cooling_conductance_ratio": 0.0},
        "thermal interface between power module and cold plate: all legs are warmer, the machine is not",
    ),
    "phase_current_gain": Fault(
        {"copper_loss_scale": 0.12, "loss_ratio": 0.05},
        "phase current sensors against each other at standstill and load",
        both_ways=True,
        share=0.7,
    ),
    "dc_current_gain": Fault(
        {"loss_ratio": 0.25},
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
SHIFTS: Floats = np.zeros((len(FAULTS), N_FEATURES))
for _row, _fault in enumerate(FAULTS.values()):
    for _name, _shift in _fault.shifts.items():
        SHIFTS[_row, INDEX[_name]] = _shift
MAIN = np.argmax(np.abs(SHIFTS) / GATE, axis=1)
"""The feature by which each fault is known."""
