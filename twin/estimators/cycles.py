"""Cycles of junction, torque, winding and coolant: counted as they come, put out and taken for damage as they close.

The residue stays in the row over trips, gaps and changes of software: the largest cycle is that from cold to warm
(physics 5.1). A number that is not finite never reaches a counter.
"""

import math
from typing import Any

from schemas.loads import LoadKind
from twin.estimators.outputs import Outputs, next_load
from twin.jit import kernel
from twin.layout import BOND_WIRES, JUNCTION, SOLDER, TORQUE, WINDING, WINDING_TEMP
from twin.physics import rainflow
from twin.physics.power_module import cycles_to_failure, wears_solder
from twin.physics.sampling import damage_correction

_KINDS = (
    int(LoadKind.JUNCTION_CYCLE),
    int(LoadKind.TORQUE_CYCLE),
    int(LoadKind.WINDING_CYCLE),
    int(LoadKind.COOLANT_CYCLE),
)
"""In the order of ``twin.layout.COUNTED``."""


@kernel
def add(row: Any, day: Any, component: int, damage: float) -> None:
    """Damage of the unit's life, and of the day if one has begun; what is not finite would spoil both for good."""
    if not math.isfinite(damage):
        return
    row.wear[component] += damage
    if day.open == 1:
        day.wear[component] += damage


@kernel
def _put_out(par: Any, row: Any, day: Any, quantity: int, used: int, index: int, frame: int, out: Outputs) -> None:
    for place in range(used):
        cycle = out.cycles[place]
        if not math.isfinite(rainflow.cycle_range(cycle) + cycle.rise_s):
            continue  # of a residue that ``heal`` will find
        load = next_load(index, frame, cycle.time_us, row.segment, out)
        load.kind = _KINDS[quantity]
        load.place = place
        load.start = cycle.start
        load.end = cycle.end
        load.rise_s = cycle.rise_s
        load.count = cycle.count
        load.bridged = cycle.bridged
        range_k = rainflow.cycle_range(cycle)
        if quantity == JUNCTION:
            life = cycles_to_failure(par.module_law, par, range_k, rainflow.cycle_low(cycle), cycle.rise_s)
            component = SOLDER if wears_solder(cycle.rise_s) else BOND_WIRES
            add(row, day, component, cycle.count * sampling_factor(row) / life)
        elif quantity == WINDING_TEMP:
            swing = math.pow(range_k / par.swing_k, par.swing_exponent)
            add(row, day, WINDING, cycle.count * swing / par.swing_cycles)


@kernel
def sampling_factor(row: Any) -> float:
    """What point samples this far apart leave out of counted damage; 1 where nothing is known of it."""
    factor, _ = damage_correction(row.interval_us * 1e-6, False)
    return factor if factor == factor else 1.0


@kernel
def count(
    par: Any,
    row: Any,
    day: Any,
    quantity: int,
    value: float,
    time_us: int,
    bridged: int,
    index: int,
    frame: int,
    out: Outputs,
) -> None:
    """One value [degC or Nm] of a quantity of ``twin.layout.COUNTED``."""
    hysteresis = par.hysteresis[quantity]
    if quantity == JUNCTION:
        used = rainflow.step(row.junction_flow, value, time_us, hysteresis, out.cycles, 0, bridged)
    elif quantity == TORQUE:
        used = rainflow.step(row.torque_flow, value, time_us, hysteresis, out.cycles, 0, bridged)
    elif quantity == WINDING_TEMP:
        used = rainflow.step(row.winding_flow, value, time_us, hysteresis, out.cycles, 0, bridged)
    else:
        used = rainflow.step(row.coolant_flow, value, time_us, hysteresis, out.cycles, 0, bridged)
    if used > 0:
        _put_out(par, row, day, quantity, used, index, frame, out)


@kernel
def overflows(row: Any) -> int:
    """How often a residue was full and closed a pair before its time."""
    fast = row.junction_flow.overflows + row.torque_flow.overflows
    return int(fast + row.winding_flow.overflows + row.coolant_flow.overflows)
