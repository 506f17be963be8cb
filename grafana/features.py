"""The slow parameters people look at: name, words, and whether a unit has it at all depends on its machine."""

COMPARED = {
    "cooling": "cooling_conductance_ratio",
    "drag": "drag_scale",
    "loss": "loss_ratio",
    "copper loss": "copper_loss_scale",
    "iron loss": "iron_loss_scale",
    "inverter loss": "inverter_loss_scale",
    "module": "module_resistance_ratio",
    "worst leg": "leg_resistance_ratio",
    "field resistance": "field_resistance_20c_ohm",
    "brushes": "brush_drop_v",
    "magnets": "magnet_flux_20c_wb",
    "resolver": "resolver_offset_deg",
}
"""Label -> field of ``edu_day``; ``edu_fleet`` has the same names with ``_change`` and ``_z``."""

RATIOS = ("cooling", "drag", "loss", "module", "worst leg")
"""Of these 1 is what the variant's parameters say, whatever the machine."""
