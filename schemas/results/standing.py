"""A unit among its peers."""

from typing import Any

from pydantic import Field

from schemas.results.point import Point, value


def _change(unit: str) -> Any:
    """A feature against the unit's own normal."""
    return value(unit, "present change against the unit's own normal, a share where the feature is a ratio")


def _z() -> Any:
    """A feature against the peers."""
    return value("1", "present value against the centre of the peers, in their spread")


class EduFleet(Point):
    """``edu_fleet``: how a unit stands among its peers on a closed UTC day, keyed by the start of the day.

    Peers are the units of its variant and mounting that drove on that day. For review: only an alert says that
    something is wrong.
    """

    day: int = value("d", "UTC days since 1970")
    peers: int = Field(description="units it is compared with")
    distance: float | None = value("1", "how unlike its peers as a normal score: 0 is usual, 1 one SD more than usual")
    distance_rank: float | None = value("ratio", "share of the peers that are less unlike: 1 is the most unusual unit")
    cooling_conductance_ratio_change: float | None = _change("ratio")
    cooling_conductance_ratio_z: float | None = _z()
    copper_loss_scale_change: float | None = _change("ratio")
    copper_loss_scale_z: float | None = _z()
    iron_loss_scale_change: float | None = _change("ratio")
    iron_loss_scale_z: float | None = _z()
    inverter_loss_scale_change: float | None = _change("ratio")
    inverter_loss_scale_z: float | None = _z()
    drag_scale_change: float | None = _change("ratio")
    drag_scale_z: float | None = _z()
    loss_ratio_change: float | None = _change("ratio")
    loss_ratio_z: float | None = _z()
    field_resistance_20c_ohm_change: float | None = _change("ratio")
    field_resistance_20c_ohm_z: float | None = _z()
    brush_drop_v_change: float | None = _change("V")
    brush_drop_v_z: float | None = _z()
    magnet_flux_20c_wb_change: float | None = _change("ratio")
    magnet_flux_20c_wb_z: float | None = _z()
    resolver_offset_deg_change: float | None = _change("deg")
    resolver_offset_deg_z: float | None = _z()
    module_resistance_ratio_change: float | None = _change("ratio")
    module_resistance_ratio_z: float | None = _z()
    leg_resistance_ratio_change: float | None = _change("ratio")
    leg_resistance_ratio_z: float | None = _z()
    winding_offset_k_change: float | None = _change("K")
    winding_offset_k_z: float | None = _z()
    coolant_out_offset_k_change: float | None = _change("K")
    coolant_out_offset_k_z: float | None = _z()
    coolant_in_offset_k_change: float | None = _change("K")
    coolant_in_offset_k_z: float | None = _z()
    pump_flow_ratio_change: float | None = _change("ratio")
    pump_flow_ratio_z: float | None = _z()
    isolation_decades_change: float | None = _change("decades")
    isolation_decades_z: float | None = _z()
    vibration_m_s2_change: float | None = _change("ratio")
    vibration_m_s2_z: float | None = _z()
    vibration_kurtosis_change: float | None = _change("ratio")
    vibration_kurtosis_z: float | None = _z()
