"""The unit's day: energies, and what changes over months."""

from pydantic import Field

from schemas.results.driving import Stretch
from schemas.results.point import Validity, value


class SlowParameters(Stretch):
    """What of a unit changes over months, from the statistics of one day; standard deviations hold for the level.

    ``n_eff`` counts independent observations.
    """

    cooling_conductance_ratio: float | None = value(
        "ratio", "winding to coolant, over the variant's at the same flow and speed"
    )
    cooling_conductance_ratio_sd: float | None = value("ratio", "standard deviation")
    cooling_conductance_ratio_n_eff: float = value("1", "steady minutes")
    cooling_conductance_ratio_validity: Validity = Field(description="validity of the conductance")
    drag_scale: float | None = value("ratio", "loss of gear, bearings and oil over the variant's, by the oil's warmth")
    drag_scale_sd: float | None = value("ratio", "standard deviation")
    drag_scale_n_eff: float = value("1", "minutes")
    drag_scale_validity: Validity = Field(description="validity of the drag")
    copper_loss_scale: float | None = value("ratio", "stator copper loss by the DC side over the model's")
    copper_loss_scale_sd: float | None = value("ratio", "standard deviation")
    copper_loss_scale_validity: Validity = Field(description="validity of the scale of copper")
    iron_loss_scale: float | None = value("ratio", "loss of iron and rotor by the DC side over the model's")
    iron_loss_scale_sd: float | None = value("ratio", "standard deviation")
    iron_loss_scale_validity: Validity = Field(description="validity of the scale of iron and rotor")
    inverter_loss_scale: float | None = value("ratio", "inverter loss by the DC side over the model's")
    inverter_loss_scale_sd: float | None = value("ratio", "standard deviation")
    inverter_loss_scale_validity: Validity = Field(description="validity of the scale of inverter")
    loss_scale_n_eff: float = value("1", "windows of ten seconds")
    field_resistance_20c_ohm: float | None = value("ohm", "field winding at 20 degC")
    field_resistance_20c_sd_ohm: float | None = value("ohm", "standard deviation")
    brush_drop_v: float | None = value("V", "both brushes together")
    brush_drop_sd_v: float | None = value("V", "standard deviation")
    field_n_eff: float = value("1", "windows of ten seconds")
    field_validity: Validity = Field(description="validity of field resistance and brush drop")
    magnet_flux_20c_wb: float | None = value("Wb", "flux linkage of the magnets at 20 degC")
    magnet_flux_20c_sd_wb: float | None = value("Wb", "standard deviation")
    magnet_flux_n_eff: float = value("1", "windows of ten seconds")
    magnet_flux_validity: Validity = Field(description="validity of the magnet flux")
    resolver_offset_deg: float | None = value("deg", "electrical angle by which the position sensor is ahead")
    resolver_offset_sd_deg: float | None = value("deg", "standard deviation")
    resolver_offset_n_eff: float = value("1", "windows of ten seconds")
    resolver_offset_validity: Validity = Field(description="validity of the resolver offset")
    module_resistance_ratio: float | None = value("ratio", "power module's sensors to coolant, over the variant's")
    module_resistance_ratio_sd: float | None = value("ratio", "standard deviation")
    module_resistance_ratio_n_eff: float = value("1", "minutes")
    module_resistance_ratio_validity: Validity = Field(description="validity of the module's resistance")
    leg_resistance_ratio: float | None = value("ratio", "junction to base of the worst leg, over the mean of the three")
    leg_resistance_ratio_sd: float | None = value("ratio", "standard deviation")
    leg_resistance_ratio_n_eff: float = value("1", "minutes")
    leg_resistance_ratio_validity: Validity = Field(description="validity of the leg's resistance")
    pump_flow_ratio: float | None = value("ratio", "coolant flow over the variant's for the pump's duty")
    pump_flow_ratio_sd: float | None = value("ratio", "standard deviation")
    pump_flow_ratio_n_eff: float = value("1", "tens of samples")
    pump_flow_ratio_validity: Validity = Field(description="validity of the flow")
    isolation_decades: float | None = value("1", "log10 of the isolation resistance in ohm, winding at 40 degC")
    isolation_decades_sd: float | None = value("1", "standard deviation")
    isolation_decades_n_eff: float = value("1", "tens of samples")
    isolation_decades_validity: Validity = Field(description="validity of the isolation")
    vibration_m_s2: float | None = value("m/s2", "vibration of the housing at 5,000 rpm")
    vibration_m_s2_sd: float | None = value("m/s2", "standard deviation")
    vibration_m_s2_n_eff: float = value("1", "tens of samples")
    vibration_m_s2_validity: Validity = Field(description="validity of the vibration")
    vibration_kurtosis: float | None = value("ratio", "kurtosis of that vibration: a bearing knocks, a gear hums")
    vibration_kurtosis_sd: float | None = value("ratio", "standard deviation")
    vibration_kurtosis_n_eff: float = value("1", "tens of samples")
    vibration_kurtosis_validity: Validity = Field(description="validity of the kurtosis")
    winding_residual_offset_k: float | None = value(
        "K", "winding sensor over the open loop where nothing heats: its offset less the inlet's"
    )
    winding_residual_offset_sd_k: float | None = value("K", "standard deviation")
    winding_residual_loss_k_per_kw: float | None = value("K/kW", "more for each kW lost in that minute: physics")
    winding_residual_loss_k_per_kw_sd: float | None = value("K/kW", "standard deviation")
    winding_residual_n_eff: float = value("1", "minutes")
    winding_residual_validity: Validity = Field(description="validity of the winding sensor's residual")
    coolant_out_residual_offset_k: float | None = value(
        "K", "coolant outlet sensor over the open loop where nothing heats: its offset less the inlet's"
    )
    coolant_out_residual_offset_sd_k: float | None = value("K", "standard deviation")
    coolant_out_residual_loss_k_per_kw: float | None = value("K/kW", "more for each kW lost in that minute: physics")
    coolant_out_residual_loss_k_per_kw_sd: float | None = value("K/kW", "standard deviation")
    coolant_out_residual_n_eff: float = value("1", "minutes")
    coolant_out_residual_validity: Validity = Field(description="validity of the coolant outlet sensor's residual")
    oil_residual_offset_k: float | None = value(
        "K", "oil sensor over the open loop where nothing heats: its offset less the inlet's"
    )
    oil_residual_offset_sd_k: float | None = value("K", "standard deviation")
    oil_residual_loss_k_per_kw: float | None = value("K/kW", "more for each kW lost in that minute: physics")
    oil_residual_loss_k_per_kw_sd: float | None = value("K/kW", "standard deviation")
    oil_residual_speed_k_per_krpm: float | None = value("K/krpm", "more for each 1,000 rpm: drag")
    oil_residual_speed_k_per_krpm_sd: float | None = value("K/krpm", "standard deviation")
    oil_residual_n_eff: float = value("1", "minutes")
    oil_residual_validity: Validity = Field(description="validity of the oil sensor's residual")


class EduDay(SlowParameters):
    """``edu_day``: one part of a unit's UTC day of driving, keyed by the start of the day plus ``part`` microseconds.

    The day begins with its first movement. Another segment, or data that come after the day was closed, make a further
    part: counts, times and energies of the parts add up.
    """

    day: int = value("d", "UTC days since 1970")
    part: int = Field(description="number of the part, from 0 on")
    start_us: int = value("us", "event time the part began at")
    trips: int = Field(description="trips begun")
    driving_s: float = value("s", "event time on the move covered by samples")
    missing_s: float = value(
        "s", "driving time without samples: gaps in trips, or jumps of the odometer if they say more"
    )
    coverage: float | None = value("ratio", "share of the driving time that is covered by samples")
    ambient_temp_c: float | None = value("degC", "outside air while driving, mean")
    copper_loss_wh: float = value("Wh", "modelled stator copper loss")
    copper_loss_sd_wh: float = value("Wh", "standard deviation")
    iron_loss_wh: float = value("Wh", "modelled iron loss")
    iron_loss_sd_wh: float = value("Wh", "standard deviation")
    rotor_loss_wh: float = value("Wh", "modelled loss in field winding and brushes, magnets or cage")
    rotor_loss_sd_wh: float = value("Wh", "standard deviation")
    inverter_loss_wh: float = value("Wh", "modelled inverter loss")
    inverter_loss_sd_wh: float = value("Wh", "standard deviation")
    gear_loss_wh: float = value("Wh", "modelled loss in gear, bearings and oil")
    gear_loss_sd_wh: float = value("Wh", "standard deviation")
    winding_offset_k: float | None = value("K", "winding sensor, by the last soak")
    winding_offset_sd_k: float | None = value("K", "standard deviation at the soak")
    coolant_out_offset_k: float | None = value("K", "coolant outlet sensor, the same")
    coolant_out_offset_sd_k: float | None = value("K", "standard deviation at the soak")
    coolant_in_offset_k: float | None = value("K", "coolant inlet sensor, the same; it stays in the readings")
    coolant_in_offset_sd_k: float | None = value("K", "standard deviation at the soak")
    oil_offset_k: float | None = value("K", "oil sensor, the same")
    oil_offset_sd_k: float | None = value("K", "standard deviation at the soak")
