"""Alerts of the unit stage: what must be acted on, sent at once with a deterministic id (CloudEvents on Kafka)."""

from enum import IntFlag, StrEnum

from pydantic import BaseModel, ConfigDict, Field


class UnitAlert(IntFlag):
    """Conditions a single unit can show; bits of ``edu_state.alerts``."""

    WINDING_OVER_TEMPERATURE = 1
    ROTOR_OVER_TEMPERATURE = 2
    OIL_OVER_TEMPERATURE = 4
    WINDING_SENSOR_REJECTED = 8
    VARIANT_MISMATCH = 16
    JUNCTION_OVER_TEMPERATURE = 32
    WINDING_RESIDUAL = 64
    COOLANT_OUT_RESIDUAL = 128
    OIL_RESIDUAL = 256
    COOLANT_SENSORS_CONTRADICT = 512
    POWER_BALANCE_RESIDUAL = 1024
    LEG_IMBALANCE = 2048
    SIGNAL_IMPLAUSIBLE = 4096
    SENSOR_STUCK = 8192


LASTING_ALERTS = (
    UnitAlert.WINDING_RESIDUAL,
    UnitAlert.COOLANT_OUT_RESIDUAL,
    UnitAlert.OIL_RESIDUAL,
    UnitAlert.COOLANT_SENSORS_CONTRADICT,
    UnitAlert.POWER_BALANCE_RESIDUAL,
    UnitAlert.LEG_IMBALANCE,
    UnitAlert.SIGNAL_IMPLAUSIBLE,
    UnitAlert.SENSOR_STUCK,
)
"""What has lasted, but is beyond no limit of the machine, in the order of ``twin.layout.LASTING``: to be watched."""
WATCHED = frozenset(str(alert.name).lower() for alert in LASTING_ALERTS)
"""The same by the names that alerts carry."""

ADVICE: dict[UnitAlert, tuple[str, str]] = {
    UnitAlert.WINDING_OVER_TEMPERATURE: ("degC", "coolant level, pump and flow; how the unit was driven before"),
    UnitAlert.ROTOR_OVER_TEMPERATURE: ("degC", "coolant and oil flow; excitation and brushes, or long high speed"),
    UnitAlert.OIL_OVER_TEMPERATURE: ("degC", "oil level and condition; gear and bearings for friction"),
    UnitAlert.WINDING_SENSOR_REJECTED: ("1", "plug, wiring and reading of the winding temperature sensor"),
    UnitAlert.JUNCTION_OVER_TEMPERATURE: ("degC", "coolant flow, thermal interface of the power module; hill holding"),
    UnitAlert.WINDING_RESIDUAL: ("1", "winding sensor: plug and wiring, jumps and noise of its reading"),
    UnitAlert.COOLANT_OUT_RESIDUAL: ("1", "coolant outlet sensor: plug and wiring; coolant level, air"),
    UnitAlert.OIL_RESIDUAL: ("1", "oil sensor: plug and wiring; oil level"),
    UnitAlert.COOLANT_SENSORS_CONTRADICT: ("SD", "coolant inlet and outlet sensors against each other; coolant flow"),
    UnitAlert.POWER_BALANCE_RESIDUAL: ("SD", "DC current and voltage sensors, phase current sensors, resolver"),
    UnitAlert.LEG_IMBALANCE: ("SD", "inverter temperature sensors, phase currents, the hottest leg"),
    UnitAlert.SIGNAL_IMPLAUSIBLE: ("s", "signals out of their range: counted in implausible of edu_state"),
    UnitAlert.SENSOR_STUCK: ("s", "the temperature reading that does not change; gateway and bus"),
    UnitAlert.VARIANT_MISMATCH: ("1", "variant in the unit's identity; if it is right, tyres, sensors and cooling"),
}
"""Unit of the alert's value and limit, and what a technician should look at."""


SERIES = "edu_alert"
TAGS = ("alert_id", "maker", "unit", "variant")
"""Series and tags in InfluxDB; ``alert_id`` is the alert's ``id``, ``time_us`` the point's time, all else a field."""


class Transition(StrEnum):
    """Step in an alert's life that the unit stage can see."""

    OPENED = "opened"
    RESOLVED = "resolved"


class Alert(BaseModel):
    """One transition of one alert. The same stretch of telemetry always gives the same ``id``."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="<unit>/<alert>/<time_us>/<transition>: consumers deduplicate by it")
    unit: str
    variant: str
    maker: str
    alert: str = Field(description="name of the UnitAlert, lower case")
    transition: Transition
    time_us: int = Field(description="event time, microseconds UTC")
    value: float | None = Field(description="the quantity that crossed its limit")
    limit: float | None = Field(description="the limit, from the variant")
    unit_of_value: str = Field(description="unit of value and limit")
    check: str = Field(description="what a technician should look at")
    model_version: str
