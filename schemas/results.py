"""What the twins say: the series, their fields with units, and the words for validity.

The models are the one source: record types of the kernels (``twin.layout``), line protocol, lake columns and JSON
Schema are derived from them. A float that is not known is NaN in a record and absent in JSON and line protocol.
"""

from enum import IntEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from schemas.components import Component, Law


class Validity(IntEnum):
    """Whether an estimate can be used, and if it is degraded, the first reason why.

    FILTER_RESET: what it rests on was begun anew because a number in it was not finite.
    """

    VALID = 0
    NO_DATA = 1
    WARMING_UP = 2
    NO_COOLANT_TEMP = 3
    NO_WINDING_SENSOR = 4
    WINDING_SENSOR_REJECTED = 5
    BELOW_POWER_FLOOR = 6
    NO_DC_SIDE = 7
    FILTER_RESET = 8
    BALANCE_UNCERTAIN = 9
    NO_ROTOR_READING = 10
    DECLARED_AVERAGED = 11
    AVERAGED = 12
    NOT_EXCITED = 13
    BEYOND_PRIOR = 14
    NOT_APPLICABLE = 15


def _unit(unit: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"unit": unit})


Seconds = Annotated[float, _unit("s", "seconds")]


class Told(BaseModel):
    """Fields of whatever is said of something at a time. ``SUBJECT``: the field that names what it is said of."""

    model_config = ConfigDict(extra="forbid")
    SUBJECT: ClassVar[str] = "unit"

    variant: str = Field(description="name of the variant")
    maker: str = Field(description="tenant")
    time_us: int = _unit("us", "event time of the point, UTC")
    model_version: str = Field(description="version of code and parameters that made the point")


class Point(Told):
    """Fields every point of a unit carries."""

    unit: str = Field(description="pseudonym of the drive unit")
    segment: int = Field(description="stretch of the unit's life between changes of hardware, software or parameters")


class Result(Point):
    """What is said of a stretch of time: its energies and efficiencies."""

    thermal_validity: Validity = Field(description="validity of the temperatures")
    efficiency_validity: Validity = Field(description="validity of the efficiencies of driving")
    regen_efficiency_validity: Validity = Field(description="validity of the efficiencies of braking")
    samples: int = Field(description="samples used since the point before")
    implausible: int = Field(description="values ignored as physically impossible")
    gaps: int = Field(description="frames known to be missing")
    resets: int = Field(description="parts of the unit's state begun anew because a number in them was not finite")
    duration_s: float = _unit("s", "event time covered by samples")
    distance_km: float = _unit("km", "distance driven")
    drive_energy_wh: float = _unit("Wh", "mechanical energy at the half-shafts while driving")
    regen_energy_wh: float = _unit("Wh", "mechanical energy at the half-shafts while braking, positive")
    dc_drive_energy_wh: float | None = _unit("Wh", "electrical energy drawn while driving")
    dc_regen_energy_wh: float | None = _unit("Wh", "electrical energy returned while braking, positive")
    loss_energy_wh: float = _unit("Wh", "modelled loss of the whole unit")
    loss_energy_sd_wh: float = _unit("Wh", "standard deviation of loss_energy")
    efficiency_model: float | None = _unit("ratio", "driving, energy-weighted, by the loss model")
    efficiency_model_sd: float | None = _unit("ratio", "standard deviation of efficiency_model")
    efficiency_balance: float | None = _unit("ratio", "driving, energy-weighted, mechanical over electrical energy")
    efficiency_balance_sd: float | None = _unit("ratio", "standard deviation of efficiency_balance")
    regen_efficiency_model: float | None = _unit("ratio", "braking, energy-weighted, by the loss model")
    regen_efficiency_model_sd: float | None = _unit("ratio", "standard deviation of regen_efficiency_model")
    regen_efficiency_balance: float | None = _unit("ratio", "braking, electrical over mechanical energy")
    regen_efficiency_balance_sd: float | None = _unit("ratio", "standard deviation of regen_efficiency_balance")
    loss_ratio: float | None = _unit("ratio", "measured over modelled loss, driving, braking and rolling")
    loss_ratio_sd: float | None = _unit("ratio", "standard deviation of loss_ratio")
    loss_ratio_validity: Validity = Field(description="validity of the loss ratio")


class EduState(Result):
    """``edu_state``: how the unit is, once a minute of event time and when validity or an alert changes.

    Energies, distance, counts and mean values cover the time since the point before.
    """

    motor_speed_rpm: float = _unit("rpm", "mean of the absolute speed")
    torque_nm: float = _unit("Nm", "mean of the absolute torque")
    copper_loss_w: float = _unit("W", "mean stator copper loss")
    copper_loss_sd_w: float = _unit("W", "standard deviation")
    iron_loss_w: float = _unit("W", "mean iron loss")
    iron_loss_sd_w: float = _unit("W", "standard deviation")
    rotor_loss_w: float = _unit("W", "mean loss in field winding and brushes, magnets or cage")
    rotor_loss_sd_w: float = _unit("W", "standard deviation")
    inverter_loss_w: float = _unit("W", "mean inverter loss")
    inverter_loss_sd_w: float = _unit("W", "standard deviation")
    gear_loss_w: float = _unit("W", "mean loss in gear, bearings and oil")
    gear_loss_sd_w: float = _unit("W", "standard deviation")
    end_winding_temp_c: float = _unit("degC", "estimate, end winding (hot spot)")
    end_winding_temp_sd_k: float = _unit("K", "standard deviation")
    slot_winding_temp_c: float = _unit("degC", "estimate, winding in the slot")
    slot_winding_temp_sd_k: float = _unit("K", "standard deviation")
    teeth_temp_c: float = _unit("degC", "estimate, stator teeth")
    teeth_temp_sd_k: float = _unit("K", "standard deviation")
    yoke_temp_c: float = _unit("degC", "estimate, stator yoke")
    yoke_temp_sd_k: float = _unit("K", "standard deviation")
    rotor_temp_c: float = _unit("degC", "estimate, field winding, magnets or cage")
    rotor_temp_sd_k: float = _unit("K", "standard deviation")
    rotor_validity: Validity = Field(description="whether a thermometer corrects the rotor: field resistance or flux")
    rotor_reference: float | None = _unit("ratio", "field resistance or magnet flux at 20 degC over the variant's")
    rotor_reference_sd: float | None = _unit("ratio", "standard deviation of rotor_reference")
    oil_temp_c: float = _unit("degC", "estimate, gear oil")
    oil_temp_sd_k: float = _unit("K", "standard deviation")
    housing_temp_c: float = _unit("degC", "estimate, housing and jacket")
    housing_temp_sd_k: float = _unit("K", "standard deviation")
    coolant_out_temp_c: float = _unit("degC", "estimate, coolant at the outlet")
    coolant_out_temp_sd_k: float = _unit("K", "standard deviation")
    switch_temp_c: float | None = _unit("degC", "estimate, junction of the inverter's hottest switch, mean over a turn")
    switch_temp_sd_k: float | None = _unit("K", "standard deviation")
    diode_temp_c: float | None = _unit("degC", "estimate, junction of its hottest diode, mean over a turn")
    diode_temp_sd_k: float | None = _unit("K", "standard deviation")
    switch_peak_temp_c: float | None = _unit("degC", "highest since the point before, with ripple")
    switch_peak_temp_sd_k: float | None = _unit("K", "standard deviation")
    diode_peak_temp_c: float | None = _unit("degC", "highest since the point before, with ripple")
    diode_peak_temp_sd_k: float | None = _unit("K", "standard deviation")
    junction_validity: Validity = Field(description="validity of the junction temperatures")
    measured_winding_temp_c: float | None = _unit("degC", "winding sensor, mean of the last second with a reading")
    winding_offset_k: float | None = _unit("K", "winding sensor less the unit's temperature after a soak of hours")
    winding_offset_sd_k: float | None = _unit("K", "standard deviation")
    coolant_out_offset_k: float | None = _unit("K", "coolant outlet sensor, the same")
    coolant_out_offset_sd_k: float | None = _unit("K", "standard deviation")
    oil_offset_k: float | None = _unit("K", "oil sensor, the same")
    oil_offset_sd_k: float | None = _unit("K", "standard deviation")
    winding_nis: float | None = _unit("ratio", "mean normalised innovation squared of the winding sensor")
    coolant_out_nis: float | None = _unit("ratio", "mean normalised innovation squared of the coolant outlet sensor")
    oil_nis: float | None = _unit("ratio", "mean normalised innovation squared of the oil sensor")
    rotor_nis: float | None = _unit("ratio", "mean normalised innovation squared of the rotor's thermometer")
    sampling_validity: Validity = Field(
        description="point samples, or means that hide peaks: declared, or by increments"
    )
    alerts: int = Field(description="bit mask of open unit alerts, see schemas.alerts.UnitAlert")


class Stretch(Result):
    """A stretch of driving and what was highest in it."""

    end_us: int = _unit("us", "event time of the last sample")
    max_end_winding_temp_c: float | None = _unit("degC", "highest estimate")
    max_end_winding_temp_sd_k: float | None = _unit("K", "standard deviation at that moment")
    max_rotor_temp_c: float | None = _unit("degC", "highest estimate")
    max_rotor_temp_sd_k: float | None = _unit("K", "standard deviation at that moment")
    max_oil_temp_c: float | None = _unit("degC", "highest estimate")
    max_oil_temp_sd_k: float | None = _unit("K", "standard deviation at that moment")
    max_torque_nm: float | None = _unit("Nm", "highest absolute torque")
    max_motor_speed_rpm: float | None = _unit("rpm", "highest absolute speed")
    max_switch_temp_c: float | None = _unit("degC", "highest estimate of a switch's junction, with ripple")
    max_switch_temp_sd_k: float | None = _unit("K", "standard deviation at that moment")
    max_diode_temp_c: float | None = _unit("degC", "highest estimate of a diode's junction, with ripple")
    max_diode_temp_sd_k: float | None = _unit("K", "standard deviation at that moment")


class EduTrip(Stretch):
    """``edu_trip``: one trip, keyed by its start; a trip ends with a stop longer than five minutes."""


class SlowParameters(Stretch):
    """What of a unit changes over months, from the statistics of one day; standard deviations hold for the level.

    ``n_eff`` counts independent observations.
    """

    cooling_conductance_ratio: float | None = _unit(
        "ratio", "winding to coolant, over the variant's at the same flow and speed"
    )
    cooling_conductance_ratio_sd: float | None = _unit("ratio", "standard deviation")
    cooling_conductance_ratio_n_eff: float = _unit("1", "steady minutes")
    cooling_conductance_ratio_validity: Validity = Field(description="validity of the conductance")
    drag_scale: float | None = _unit("ratio", "loss of gear, bearings and oil over the variant's, by the oil's warmth")
    drag_scale_sd: float | None = _unit("ratio", "standard deviation")
    drag_scale_n_eff: float = _unit("1", "minutes")
    drag_scale_validity: Validity = Field(description="validity of the drag")
    copper_loss_scale: float | None = _unit("ratio", "stator copper loss by the DC side over the model's")
    copper_loss_scale_sd: float | None = _unit("ratio", "standard deviation")
    iron_loss_scale: float | None = _unit("ratio", "loss of iron and rotor by the DC side over the model's")
    iron_loss_scale_sd: float | None = _unit("ratio", "standard deviation")
    inverter_loss_scale: float | None = _unit("ratio", "inverter loss by the DC side over the model's")
    inverter_loss_scale_sd: float | None = _unit("ratio", "standard deviation")
    loss_scale_n_eff: float = _unit("1", "windows of ten seconds")
    loss_scale_validity: Validity = Field(description="validity of the three scales")
    field_resistance_20c_ohm: float | None = _unit("ohm", "field winding at 20 degC")
    field_resistance_20c_sd_ohm: float | None = _unit("ohm", "standard deviation")
    brush_drop_v: float | None = _unit("V", "both brushes together")
    brush_drop_sd_v: float | None = _unit("V", "standard deviation")
    field_n_eff: float = _unit("1", "windows of ten seconds")
    field_validity: Validity = Field(description="validity of field resistance and brush drop")
    magnet_flux_20c_wb: float | None = _unit("Wb", "flux linkage of the magnets at 20 degC")
    magnet_flux_20c_sd_wb: float | None = _unit("Wb", "standard deviation")
    magnet_flux_n_eff: float = _unit("1", "windows of ten seconds")
    magnet_flux_validity: Validity = Field(description="validity of the magnet flux")
    resolver_offset_deg: float | None = _unit("deg", "electrical angle by which the position sensor is ahead")
    resolver_offset_sd_deg: float | None = _unit("deg", "standard deviation")
    resolver_offset_n_eff: float = _unit("1", "windows of ten seconds")
    resolver_offset_validity: Validity = Field(description="validity of the resolver offset")
    module_resistance_ratio: float | None = _unit("ratio", "power module's sensors to coolant, over the variant's")
    module_resistance_ratio_sd: float | None = _unit("ratio", "standard deviation")
    module_resistance_ratio_n_eff: float = _unit("1", "minutes")
    module_resistance_ratio_validity: Validity = Field(description="validity of the module's resistance")
    leg_resistance_ratio: float | None = _unit("ratio", "junction to base of the worst leg, over the mean of the three")
    leg_resistance_ratio_sd: float | None = _unit("ratio", "standard deviation")
    leg_resistance_ratio_n_eff: float = _unit("1", "minutes")
    leg_resistance_ratio_validity: Validity = Field(description="validity of the leg's resistance")
    pump_flow_ratio: float | None = _unit("ratio", "coolant flow over the variant's for the pump's duty")
    pump_flow_ratio_sd: float | None = _unit("ratio", "standard deviation")
    pump_flow_ratio_n_eff: float = _unit("1", "minutes")
    pump_flow_ratio_validity: Validity = Field(description="validity of the flow")
    isolation_decades: float | None = _unit("1", "log10 of the isolation resistance in ohm, winding at 40 degC")
    isolation_decades_sd: float | None = _unit("1", "standard deviation")
    isolation_decades_n_eff: float = _unit("1", "minutes")
    isolation_decades_validity: Validity = Field(description="validity of the isolation")
    vibration_m_s2: float | None = _unit("m/s2", "vibration of the housing at 5,000 rpm")
    vibration_m_s2_sd: float | None = _unit("m/s2", "standard deviation")
    vibration_m_s2_n_eff: float = _unit("1", "minutes")
    vibration_m_s2_validity: Validity = Field(description="validity of the vibration")
    vibration_kurtosis: float | None = _unit("ratio", "kurtosis of that vibration: a bearing knocks, a gear hums")
    vibration_kurtosis_sd: float | None = _unit("ratio", "standard deviation")
    vibration_kurtosis_n_eff: float = _unit("1", "minutes")
    vibration_kurtosis_validity: Validity = Field(description="validity of the kurtosis")


class EduDay(SlowParameters):
    """``edu_day``: one part of a unit's UTC day of driving, keyed by the start of the day plus ``part`` microseconds.

    The day begins with its first movement. Another segment, or data that come after the day was closed, make a further
    part: counts, times and energies of the parts add up.
    """

    day: int = _unit("d", "UTC days since 1970")
    part: int = Field(description="number of the part, from 0 on")
    start_us: int = _unit("us", "event time the part began at")
    trips: int = Field(description="trips begun")
    driving_s: float = _unit("s", "event time on the move covered by samples")
    missing_s: float = _unit(
        "s", "driving time without samples: gaps in trips, or jumps of the odometer if they say more"
    )
    coverage: float | None = _unit("ratio", "share of the driving time that is covered by samples")
    copper_loss_wh: float = _unit("Wh", "modelled stator copper loss")
    copper_loss_sd_wh: float = _unit("Wh", "standard deviation")
    iron_loss_wh: float = _unit("Wh", "modelled iron loss")
    iron_loss_sd_wh: float = _unit("Wh", "standard deviation")
    rotor_loss_wh: float = _unit("Wh", "modelled loss in field winding and brushes, magnets or cage")
    rotor_loss_sd_wh: float = _unit("Wh", "standard deviation")
    inverter_loss_wh: float = _unit("Wh", "modelled inverter loss")
    inverter_loss_sd_wh: float = _unit("Wh", "standard deviation")
    gear_loss_wh: float = _unit("Wh", "modelled loss in gear, bearings and oil")
    gear_loss_sd_wh: float = _unit("Wh", "standard deviation")
    winding_offset_k: float | None = _unit("K", "winding sensor, by the last soak")
    winding_offset_sd_k: float | None = _unit("K", "standard deviation at the soak")
    coolant_out_offset_k: float | None = _unit("K", "coolant outlet sensor, the same")
    coolant_out_offset_sd_k: float | None = _unit("K", "standard deviation at the soak")
    coolant_in_offset_k: float | None = _unit("K", "coolant inlet sensor, the same; it stays in the readings")
    coolant_in_offset_sd_k: float | None = _unit("K", "standard deviation at the soak")
    oil_offset_k: float | None = _unit("K", "oil sensor, the same")
    oil_offset_sd_k: float | None = _unit("K", "standard deviation at the soak")


class EduHealth(Point):
    """``edu_health``: how much of a component's life is used, by its law, when a trip and when a day ends.

    Damage adds up from when the unit was first heard of; 1 is the end by the law. Laws disagree by factors of 3 to 40:
    read ``design_ratio``, not a date. Magnets have no sum but a margin.
    """

    component: Component = Field(description="what wears")
    law: Law = Field(description="by which law")
    validity: Validity = Field(description="of what the damage is worked out from, in this unit's driving time")
    damage: float | None = _unit("1", "share of the component's life used")
    damage_sd_ln: float | None = _unit("1", "standard deviation of its logarithm: of the law and of what it is fed")
    per_1000_km: float | None = _unit("1", "damage per 1,000 km, over the unit's life")
    per_10_h: float | None = _unit("1", "damage per 10 h of driving, over the unit's life")
    design_ratio: float | None = _unit("ratio", "damage over that of the variant's design profile at the same distance")
    today_per_1000_km: float | None = _unit("1", "the same in this UTC day")
    today_per_10_h: float | None = _unit("1", "the same in this UTC day")
    today_design_ratio: float | None = _unit("ratio", "the same in this UTC day")
    distance_km: float = _unit("km", "driven meanwhile")
    driving_h: float = _unit("h", "driven meanwhile")
    sampling_factor: float | None = _unit("1", "what counted damage is multiplied with for what slow samples miss")
    overflows: int = Field(description="cycles closed before their time because a residue was full")
    margin_a_m: float | None = _unit(
        "A/m", "magnets: least distance from the knee in this UTC day, below 0 flux is lost"
    )
    margin_sd_a_m: float | None = _unit("A/m", "standard deviation of the margin, by that of the rotor's temperature")
    over_limit_s: float | None = _unit("s", "magnets: time above the limit of the rotor's temperature")


def _change(unit: str) -> Any:
    """A feature against the unit's own normal."""
    return _unit(unit, "present change against the unit's own normal, a share where the feature is a ratio")


def _z() -> Any:
    """A feature against the peers."""
    return _unit("1", "present value against the centre of the peers, in their spread")


class EduFleet(Point):
    """``edu_fleet``: how a unit stands among its peers on a closed UTC day, keyed by the start of the day.

    Peers are the units of its variant and mounting that drove on that day. For review: only an alert says that
    something is wrong.
    """

    day: int = _unit("d", "UTC days since 1970")
    peers: int = Field(description="units it is compared with")
    distance: float | None = _unit("1", "how unlike its peers as a normal score: 0 is usual, 1 one SD more than usual")
    distance_rank: float | None = _unit("ratio", "share of the peers that are less unlike: 1 is the most unusual unit")
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


class CohortKind(IntEnum):
    """What units have in common, beside their variant."""

    VARIANT = 0
    BATCH = 1
    PLANT = 2
    FIRMWARE = 3
    HARDWARE = 4


class _Cohort(Told):
    SUBJECT: ClassVar[str] = "cohort"

    cohort: str = Field(description="name of the batch, plant, firmware, hardware or variant")
    kind: CohortKind = Field(description="what the units have in common, beside their variant")
    day: int = _unit("d", "UTC days since 1970")
    units: int = Field(description="units that drove on that day")
    signs: int = Field(description="units with a sign of failure on that day: an alert of their own, or a repair")


def _of_cohort() -> dict[str, Any]:
    """Of each feature that a unit has against its own normal: three quantiles, and the median of these changes."""
    fields: dict[str, Any] = {}
    for name, field in EduFleet.model_fields.items():
        if (feature := name.removesuffix("_change")) != name:
            told = SlowParameters.model_fields.get(feature) or EduDay.model_fields[feature]
            unit = dict(told.json_schema_extra or {})["unit"]  # type: ignore[arg-type]
            for percent in COHORT_PERCENTILES:
                fields[f"{feature}_p{percent}"] = (
                    float | None,
                    _unit(str(unit), f"{percent} % of the units are below"),
                )
            fields[f"{name}_p50"] = (float | None, field)
    return fields


COHORT_PERCENTILES = (10, 50, 90)
EduCohort = create_model("EduCohort", __base__=_Cohort, __module__=__name__, **_of_cohort())
"""``edu_cohort``: what units of a kind were like on a closed UTC day, keyed by the start of the day.

Of each feature the quantiles over the units that drove and have a valid value, and the median of the units' changes
against their own normal. A fleet of any size is read as some dozen points a day.
"""

TAGS = ("maker", "unit", "variant")
MEASUREMENT: dict[str, type[Told]] = {
    "edu_state": EduState,
    "edu_trip": EduTrip,
    "edu_day": EduDay,
    "edu_health": EduHealth,
    "edu_fleet": EduFleet,
    "edu_cohort": EduCohort,
}
"""Name of the series -> its model. Tags in line protocol are TAGS and OWN_TAGS, everything else is a field."""
OWN_TAGS = ("component", "cohort", "kind")
"""Tags of some series only, numbers in records; they are part of a point's key."""
OF_FLEET = frozenset({"edu_fleet", "edu_cohort"})
"""Series of the fleet stage."""
DAILY = frozenset({"edu_day", *OF_FLEET})
"""Series of one point a day, for the bucket that keeps for years."""
