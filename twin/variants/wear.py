"""Parameters of damage from a variant's ``lifetime``."""

import math
from typing import Any

from schemas.components import Component, Law
from schemas.variant import VariantFile
from schemas.variant.lifetime import Arrhenius, Bearing
from twin.layout import COUNTED, wear
from twin.physics import bearings, gears
from twin.physics.operating_map import python
from twin.physics.power_module import LAWS

LAW_OF = {
    Component.WINDING: Law.COFFIN,
    Component.BRUSHES: Law.SLIDING,
    Component.DRIVE_END_BEARING: Law.ISO_281,
    Component.GEAR_BEARING: Law.ISO_281,
    Component.PITTING_DRIVING: Law.ISO_6336,
    Component.PITTING_BRAKING: Law.ISO_6336,
    Component.BENDING_DRIVING: Law.ISO_6336,
    Component.BENDING_BRAKING: Law.ISO_6336,
    Component.MAGNETS: Law.KNEE,
}
"""Of modules the variant says which, all else ages by heat."""


def fill(par: Any, file: VariantFile) -> None:
    """Fill everything of PARAMETERS about damage but ``design_per_m``."""
    life, top_nm = file.lifetime, file.machine.max_torque.value
    module, teeth, seal, swings = life.module, life.teeth, life.seal, life.winding
    par["hysteresis"] = [getattr(life.counting, name).value for name in COUNTED]
    par["module_law"] = LAWS.index(module.law)
    par["thickness_factor"] = module.thickness_factor.value
    par["foot_current_a"] = module.foot_current.value
    par["blocking_voltage_v"] = module.blocking_voltage.value
    par["wire_um"] = module.wire_diameter.value
    par["cips08_k"] = module.cips08_k.value
    par["swing_k"], par["swing_cycles"] = swings.range.value, swings.cycles.value
    par["swing_exponent"] = swings.exponent.value
    by_heat: tuple[Arrhenius, ...] = (life.insulation, life.field or life.insulation, life.oil, seal)
    par["arrhenius_h"] = [law.life.value for law in by_heat]
    par["arrhenius_c"] = [law.temp.value for law in by_heat]
    par["arrhenius_ev"] = [law.activation.value for law in by_heat]
    par["seal_m_s"], par["seal_m"] = seal.speed.value, seal.diameter.value
    par["load_top_nm"] = top_nm
    cycles = teeth.load_cycles.value
    pitting, bending = (gears.PITTING_CYCLES, gears.PITTING_SLOPE), (gears.BENDING_CYCLES, gears.BENDING_SLOPE)
    par["pitting_top"] = python(gears.tooth_damage)(top_nm, cycles, teeth.pitting_torque.value, *pitting)
    par["bending_top"] = python(gears.tooth_damage)(top_nm, cycles, teeth.bending_torque.value, *bending)
    for number, bearing in enumerate((life.drive_end, life.gear)):
        _bearing(par, number, bearing, top_nm)
    par["laws"] = [LAW_OF.get(component, Law.ARRHENIUS) for component in Component]
    par["laws"][[wear.BOND_WIRES, wear.SOLDER]] = Law[module.law.upper()]
    par["wears"] = 1
    for component, table in ((wear.FIELD_WINDING, life.field), (wear.BRUSHES, life.brushes), (wear.MAGNETS, life.knee)):
        par["wears"][component] = table is not None
    if life.brushes:
        par["ring_m"], par["brush_mm"] = life.brushes.ring_diameter.value, life.brushes.wear.value
        par["brush_usable_mm"] = life.brushes.usable.value
    if life.knee:
        par["knee_a_m"], par["knee_coefficient"] = life.knee.field.value, life.knee.coefficient.value
        par["idle_a_m"] = life.knee.idle_field.value
        par["remanence_coefficient"] = life.knee.remanence_coefficient.value
        par["pull_a_m_a"] = life.knee.limit_field.value / file.machine.current_limit.value


def _bearing(par: Any, number: int, bearing: Bearing, top_nm: float) -> None:
    angles = math.radians(bearing.pressure_angle.value), math.radians(bearing.helix_angle.value)
    forces = python(bearings.tooth_forces_n)
    tangential, radial, axial = forces(bearing.mesh_torque.value * top_nm, bearing.mesh_diameter.value, *angles)
    radial = bearing.radial_share.value * math.hypot(tangential, radial)
    factors = bearing.x.value, bearing.y.value
    load_n = python(bearings.equivalent_load_n)(radial, bearing.axial_share.value * axial, *factors)
    kind, rating_n, turns = bearings.KINDS.index(bearing.kind), bearing.rating.value, bearing.turns.value
    par["bearing_kind"][number] = kind
    par["bearing_top"][number] = python(bearings.bearing_damage)(kind, turns, load_n, rating_n, 1.0, 1.0)
    par["bearing_load"][number] = load_n / rating_n
    par["bearing_fatigue"][number] = bearing.cleanliness.value * bearing.fatigue_limit.value / rating_n
    par["bearing_mm"][number] = 1e3 * bearing.pitch_diameter.value
    par["bearing_turns"][number] = turns
