"""What a variant must be beyond its form: a network that is physical and settles, limits that telemetry can carry.

Every finding is a pair (key of the file, reason); none means the variant can be used (physics 2.1, DESIGN 5).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import INT16_MISSING, SIGNAL_BY_NAME
from schemas.variant import VariantFile
from twin.layout import AMBIENT, COMPONENTS, COOLANT_IN, COOLANT_OUT, END_WINDING, N_NODES, NODES, SLOT_WINDING, WORK
from twin.physics.operating_map import python
from twin.physics.thermal import (
    LEAST_RESISTANCE,
    add_copper,
    conductance,
    effective_flow,
    network,
    relative_resistance,
)

Finding = tuple[str, str]
MARGIN = 1.2
"""A signal must reach a fifth beyond what the unit can do."""
SAG = 0.8
"""DC voltage under load, share of the nominal one."""
CONTINUOUS = 0.4
"""Share of the current limit that a unit must bear for ever without thermal runaway."""
SLOWEST = 1e-6
"""A unit that does not cool within days [1/s] has an open network, whatever round-off says."""
INT16_STEPS = -INT16_MISSING - 1
ROUND_OFF = 1e-9
WEARS_BY = {
    "bond_wires": "lifetime.module",
    "solder": "lifetime.module",
    "field_winding": "lifetime.field",
    "drive_end_bearing": "lifetime.drive_end",
    "gear_bearing": "lifetime.gear",
    "pitting_driving": "lifetime.teeth.pitting_torque",
    "pitting_braking": "lifetime.teeth.pitting_torque",
    "bending_driving": "lifetime.teeth.bending_torque",
    "bending_braking": "lifetime.teeth.bending_torque",
}
"""Key of a component that is not named like its table."""
COOLANT_C = (0.0, 90.0)
"""Coolant inlet temperatures for which a path must stay physical by itself; beyond, the kernel holds it."""


def findings(file: VariantFile, par: Any) -> Iterator[Finding]:
    """All that is wrong with a well-formed variant; ``par``: its PARAMETERS."""
    yield from _signals(file)
    yield from _paths(par, file.machine.max_speed.value)
    yield from _network(par)
    yield from _design(file)
    yield from _wear(file, par)


def _signals(file: VariantFile) -> Iterator[Finding]:
    machine, inverter, limits = file.machine, file.inverter, file.limits
    largest = [
        ("motor_speed_rpm", "machine.max_speed", machine.max_speed.value),
        ("torque_nm", "machine.max_torque", machine.max_torque.value),
        ("i_d_a", "machine.current_limit", machine.current_limit.value),
        ("dc_voltage_v", "inverter.dc_voltage", inverter.dc_voltage.value),
        ("dc_current_a", "machine.max_power", machine.max_power.value / (SAG * inverter.dc_voltage.value)),
        ("switching_frequency_hz", "inverter.switching_frequency", inverter.switching_frequency.value),
        ("coolant_flow_l_min", "thermal.coolant.nominal_flow", file.thermal.coolant.nominal_flow.value / MARGIN),
        ("winding_temp_c", "limits.winding", limits.winding.value),
        ("oil_temp_c", "limits.oil", limits.oil.value),
    ]
    if machine.field:
        largest.append(("field_current_a", "machine.field.current_limit", machine.field.current_limit.value))
    for name, key, value in largest:
        signal = SIGNAL_BY_NAME[name]
        most = min(signal.high, INT16_STEPS * signal.scale)
        if MARGIN * value > most:
            reason = f"{value:g} {signal.unit} and a fifth more do not fit signal {name}, which ends at {most:g}"
            yield key, reason


def system(
    par: Any, flow_l_min: float, speed_rpm: float, dc20_w: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rate matrix [1/s] of the network, and forcing [K/s] at 0 degC coolant and air, with copper loss linearised."""
    work: Any = np.zeros(1, WORK).view(np.recarray)[0]
    python(network)(par, work, flow_l_min, speed_rpm, 0.0, 0.0)
    python(add_copper)(par, work, np.full(N_NODES, 20.0), dc20_w, 0.0, 0.0)
    return np.array(work.system), np.array(work.forcing)


def _paths(par: Any, max_speed_rpm: float) -> Iterator[Finding]:
    """A straight line may not lead a resistance to nothing: its least is at a corner of speed and coolant."""
    for edge in range(par.edges):
        for n in (0.0, max_speed_rpm / par.reference_speed_rpm):
            for coolant_c in COOLANT_C:
                relative = python(relative_resistance)(par, edge, n, coolant_c)
                if relative <= LEAST_RESISTANCE:
                    ends = " to ".join((*NODES, "ambient", "coolant_in")[place] for place in _ends(par, edge))
                    reason = f"path {ends} has {relative:.2g} of its standing resistance left"
                    yield "thermal.conductance", f"{reason} at {n:g} of the reference speed, coolant {coolant_c:g} degC"
                    return


def _ends(par: Any, edge: int) -> tuple[int, int]:
    return int(par.edge_from[edge]), int(par.edge_to[edge])


def _network(par: Any) -> Iterator[Finding]:
    """Metzler, Hurwitz and energy balance, with the pump off and on, standing and fast (physics 2.1)."""
    continuous_a = CONTINUOUS * par.current_limit_a
    copper_w = 1.5 * par.phase_resistance_ohm * continuous_a * continuous_a
    cases = (
        ("with the pump off", 0.0, 0.0, 0.0),
        ("at nominal flow", par.nominal_flow_l_min, 0.0, 0.0),
        ("at full flow and reference speed", par.pump_flow_l_min, par.reference_speed_rpm, 0.0),
        (f"carrying {continuous_a:.0f} A for ever", par.nominal_flow_l_min, 0.0, copper_w),
    )
    for name, flow_l_min, speed_rpm, dc20_w in cases:
        a, _ = system(par, flow_l_min, speed_rpm, dc20_w)
        off_diagonal = a - np.diag(np.diag(a))
        if np.any(off_diagonal < 0.0):
            yield "thermal.conductance", f"heat flows from cold to warm {name}: not a Metzler matrix"
        slowest = float(np.max(np.linalg.eigvals(a).real))
        if not slowest < -SLOWEST:
            yield "thermal", f"temperatures do not settle {name}: not a Hurwitz matrix ({slowest:+.1g} 1/s)"
        if dc20_w == 0.0 and not _balanced(par, a, flow_l_min, speed_rpm):
            yield "thermal", f"heat is made or lost between nodes {name}: energy balance"


def _balanced(par: Any, a: NDArray[np.float64], flow_l_min: float, speed_rpm: float) -> bool:
    """Whether what all nodes lose at 1 K is what coolant and outside air take."""
    flows = par.capacity_j_k[:, None] * a
    outward = np.zeros(N_NODES)
    outward[COOLANT_OUT] = par.coolant_j_l_k * flow_l_min / 60.0
    for edge in range(par.edges):
        if par.edge_to[edge] in (AMBIENT, COOLANT_IN):
            relative_flow = python(effective_flow)(par, flow_l_min, 0.0)
            outward[par.edge_from[edge]] += python(conductance)(
                par, edge, relative_flow, speed_rpm / par.reference_speed_rpm, 0.0
            )
    scale = float(np.max(np.abs(flows)))
    return bool(
        np.allclose(flows, flows.T, rtol=0.0, atol=ROUND_OFF * scale)
        and np.allclose(-flows.sum(axis=0), outward, rtol=0.0, atol=ROUND_OFF * scale)
    )


def _design(file: VariantFile) -> Iterator[Finding]:
    """Life in km and in hours must agree with the speeds it is to be driven at."""
    design, gear = file.design, file.gear
    km_h_per_share = file.machine.max_speed.value * 60.0 * 2e-3 * np.pi * gear.wheel_radius.value / gear.ratio.value
    mean_km_h = design.distance.value / design.driving_time.value
    low, high = 0.25 * design.speed.p50.value * km_h_per_share, design.speed.p90.value * km_h_per_share
    if not low <= mean_km_h <= high:
        reason = f"{mean_km_h:.0f} km/h on average do not go with the speeds of design.speed ({low:.0f} .. {high:.0f})"
        yield "design.driving_time", reason


def _wear(file: VariantFile, par: Any) -> Iterator[Finding]:
    """Nothing may be worn out before its time by the load the unit is designed for."""
    worn = par.design_per_m * 1e3 * file.design.distance.value
    for component, damage in zip(COMPONENTS, worn, strict=True):
        if damage > 1.0:
            reason = f"{component.replace('_', ' ')} would be worn out {damage:.2g} times over in design.distance"
            yield WEARS_BY.get(component, f"lifetime.{component}"), reason


def winding_resistance_k_w(par: Any) -> float:
    """Thermal resistance [K/W] from the winding to the coolant inlet at nominal flow, standing."""
    a, _ = system(par, par.nominal_flow_l_min, 0.0)
    share = float(par.end_winding_share)
    heat = np.zeros(N_NODES)
    heat[END_WINDING], heat[SLOT_WINDING] = share, 1.0 - share
    rise_k = np.linalg.solve(a, -heat / par.capacity_j_k)
    return float(share * rise_k[END_WINDING] + (1.0 - share) * rise_k[SLOT_WINDING])


def time_constants_s(par: Any) -> NDArray[np.float64]:
    """(N_NODES,) time constants [s] at nominal flow, standing, shortest first."""
    a, _ = system(par, par.nominal_flow_l_min, 0.0)
    constants: NDArray[np.float64] = np.sort(-1.0 / np.linalg.eigvals(a).real)
    return constants
