"""The unit while it drives: its state once a minute, and its trips."""

from pydantic import Field

from schemas.results.point import Point, Validity, value


class Result(Point):
    """What is said of a stretch of time: its energies and efficiencies."""

    thermal_validity: Validity = Field(description="validity of the temperatures")
    efficiency_validity: Validity = Field(description="validity of the efficiencies of driving")
    regen_efficiency_validity: Validity = Field(description="validity of the efficiencies of braking")
    samples: int = Field(description="samples used since the point before")
    implausible: int = Field(description="values ignored as physically impossible")
    gaps: int = Field(description="frames known to be missing")
    resets: int = Field(description="parts of the unit's state begun anew because a number in them was not finite")
    duration_s: float = value("s", "event time covered by samples")
    distance_km: float = value("km", "distance driven")
    drive_energy_wh: float = value("Wh", "mechanical energy at the half-shafts while driving")
    regen_energy_wh: float = value("Wh", "mechanical energy at the half-shafts while braking, positive")
    dc_drive_energy_wh: float | None = value("Wh", "electrical energy drawn while driving")
    dc_regen_energy_wh: float | None = value("Wh", "electrical energy returned while braking, positive")
    loss_energy_wh: float = value("Wh", "modelled loss of the whole unit")
    loss_energy_sd_wh: float = value("Wh", "standard deviation of loss_energy")
    efficiency_model: float | None = value("ratio", "driving, energy-weighted, by the loss model")
    efficiency_model_sd: float | None = value("ratio", "standard deviation of efficiency_model")
    efficiency_balance: float | None = value("ratio", "driving, energy-weighted, mechanical over electrical energy")
    efficiency_balance_sd: float | None = value("ratio", "standard deviation of efficiency_balance")
    regen_efficiency_model: float | None = value("ratio", "braking, energy-weighted, by the loss model")
    regen_efficiency_model_sd: float | None = value("ratio", "standard deviation of regen_efficiency_model")
    regen_efficiency_balance: float | None = value("ratio", "braking, electrical over mechanical energy")
    regen_efficiency_balance_sd: float | None = value("ratio", "standard deviation of regen_efficiency_balance")
    loss_ratio: float | None = value("ratio", "measured over modelled loss, driving, braking and rolling")
    loss_ratio_sd: float | None = value("ratio", "standard deviation of loss_ratio")
    loss_ratio_validity: Validity = Field(description="validity of the loss ratio")


class EduState(Result):
    """``edu_state``: how the unit is, once a minute of event time and when validity or an alert changes.

    Energies, distance, counts and mean values cover the time since the point before.
    """

    motor_speed_rpm: float = value("rpm", "mean of the absolute speed")
    torque_nm: float = value("Nm", "mean of the absolute torque")
    copper_loss_w: float = value("W", "mean stator copper loss")
    copper_loss_sd_w: float = value("W", "standard deviation")
    iron_loss_w: float = value("W", "mean iron loss")
    iron_loss_sd_w: float = value("W", "standard deviation")
    rotor_loss_w: float = value("W", "mean loss in field winding and brushes, magnets or cage")
    rotor_loss_sd_w: float = value("W", "standard deviation")
    inverter_loss_w: float = value("W", "mean inverter loss")
    inverter_loss_sd_w: float = value("W", "standard deviation")
    gear_loss_w: float = value("W", "mean loss in gear, bearings and oil")
    gear_loss_sd_w: float = value("W", "standard deviation")
    end_winding_temp_c: float = value("degC", "estimate, end winding (hot spot)")
    end_winding_temp_sd_k: float = value("K", "standard deviation")
    slot_winding_temp_c: float = value("degC", "estimate, winding in the slot")
    slot_winding_temp_sd_k: float = value("K", "standard deviation")
    teeth_temp_c: float = value("degC", "estimate, stator teeth")
    teeth_temp_sd_k: float = value("K", "standard deviation")
    yoke_temp_c: float = value("degC", "estimate, stator yoke")
    yoke_temp_sd_k: float = value("K", "standard deviation")
    rotor_temp_c: float = value("degC", "estimate, field winding, magnets or cage")
    rotor_temp_sd_k: float = value("K", "standard deviation")
    rotor_validity: Validity = Field(description="whether a thermometer corrects the rotor: field resistance or flux")
    rotor_reference: float | None = value("ratio", "field resistance or magnet flux at 20 degC over the variant's")
    rotor_reference_sd: float | None = value("ratio", "standard deviation of rotor_reference")
    oil_temp_c: float = value("degC", "estimate, gear oil")
    oil_temp_sd_k: float = value("K", "standard deviation")
    housing_temp_c: float = value("degC", "estimate, housing and jacket")
    housing_temp_sd_k: float = value("K", "standard deviation")
    coolant_out_temp_c: float = value("degC", "estimate, coolant at the outlet")
    coolant_out_temp_sd_k: float = value("K", "standard deviation")
    switch_temp_c: float | None = value("degC", "estimate, junction of the inverter's hottest switch, mean over a turn")
    switch_temp_sd_k: float | None = value("K", "standard deviation")
    diode_temp_c: float | None = value("degC", "estimate, junction of its hottest diode, mean over a turn")
    diode_temp_sd_k: float | None = value("K", "standard deviation")
    switch_peak_temp_c: float | None = value("degC", "highest since the point before, with ripple")
    switch_peak_temp_sd_k: float | None = value("K", "standard deviation")
    diode_peak_temp_c: float | None = value("degC", "highest since the point before, with ripple")
    diode_peak_temp_sd_k: float | None = value("K", "standard deviation")
    junction_validity: Validity = Field(description="validity of the junction temperatures")
    measured_winding_temp_c: float | None = value("degC", "winding sensor, mean of the last second with a reading")
    winding_offset_k: float | None = value("K", "winding sensor less the unit's temperature after a soak of hours")
    winding_offset_sd_k: float | None = value("K", "standard deviation")
    coolant_out_offset_k: float | None = value("K", "coolant outlet sensor, the same")
    coolant_out_offset_sd_k: float | None = value("K", "standard deviation")
    oil_offset_k: float | None = value("K", "oil sensor, the same")
    oil_offset_sd_k: float | None = value("K", "standard deviation")
    winding_nis: float | None = value("ratio", "mean normalised innovation squared of the winding sensor")
    coolant_out_nis: float | None = value("ratio", "mean normalised innovation squared of the coolant outlet sensor")
    oil_nis: float | None = value("ratio", "mean normalised innovation squared of the oil sensor")
    rotor_nis: float | None = value("ratio", "mean normalised innovation squared of the rotor's thermometer")
    sampling_validity: Validity = Field(
        description="point samples, or means that hide peaks: declared, or by increments"
    )
    alerts: int = Field(description="bit mask of open unit alerts, see schemas.alerts.UnitAlert")


class Stretch(Result):
    """A stretch of driving and what was highest in it."""

    end_us: int = value("us", "event time of the last sample")
    max_end_winding_temp_c: float | None = value("degC", "highest estimate")
    max_end_winding_temp_sd_k: float | None = value("K", "standard deviation at that moment")
    max_rotor_temp_c: float | None = value("degC", "highest estimate")
    max_rotor_temp_sd_k: float | None = value("K", "standard deviation at that moment")
    max_oil_temp_c: float | None = value("degC", "highest estimate")
    max_oil_temp_sd_k: float | None = value("K", "standard deviation at that moment")
    max_torque_nm: float | None = value("Nm", "highest absolute torque")
    max_motor_speed_rpm: float | None = value("rpm", "highest absolute speed")
    max_switch_temp_c: float | None = value("degC", "highest estimate of a switch's junction, with ripple")
    max_switch_temp_sd_k: float | None = value("K", "standard deviation at that moment")
    max_diode_temp_c: float | None = value("degC", "highest estimate of a diode's junction, with ripple")
    max_diode_temp_sd_k: float | None = value("K", "standard deviation at that moment")


class EduTrip(Stretch):
    """``edu_trip``: one trip, keyed by its start; a trip ends with a stop longer than five minutes."""
