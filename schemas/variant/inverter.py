"""The inverter and its semiconductors."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.variant.quantities import (
    Celsius,
    Hertz,
    Joule,
    Ohm,
    PerKelvin,
    Quantity,
    Series,
    Share,
    Strict,
    Volt,
    Watt,
    each_within,
    within,
)


class FosterLadder(Strict):
    """Junction to base of a device, term by term."""

    resistance: Annotated[Series, each_within("K/W", 4, 1e-6, 10.0)]
    time: Annotated[Series, each_within("s", 4, 1e-6, 100.0)]


class Inverter(Strict):
    """One two-level inverter; a six-phase unit has two of them. A MOSFET has thresholds of 0 V."""

    dc_voltage: Annotated[Quantity, within("V", 100, 1_200)]
    modulation_limit: Annotated[Quantity, within("1", 0.5, 1)]
    switch_voltage: Volt
    switch_resistance: Ohm
    diode_voltage: Volt
    diode_resistance: Ohm
    switching_energy: Annotated[Joule, Field(description="E_on + E_off + E_rr at the reference current and voltage")]
    switching_current: Annotated[Quantity, within("A", 1, 2_000)]
    switching_voltage: Annotated[Quantity, within("V", 100, 1_200)]
    switching_exponent: Annotated[Quantity, within("1", 0, 2)]
    switching_frequency: Hertz
    fixed_loss: Watt
    dead_time: Annotated[Quantity, within("s", 0, 1e-5), Field(description="body diodes carry the current meanwhile")]
    body_diode_voltage: Volt
    recovery_share: Annotated[Share, Field(description="of switching_energy, in the diode")]
    device_temp: Annotated[Celsius, Field(description="junction temperature the numbers above hold at")]
    threshold_slope: Annotated[Quantity, within("1/K", -0.01, 0.01)]
    resistance_slope: PerKelvin
    switching_slope: PerKelvin
    switch: FosterLadder
    diode: FosterLadder
    plate_resistance: Annotated[
        Quantity, within("K/W", 0, 0.1), Field(description="base to coolant at nominal flow, per loss of one inverter")
    ]
    plate_time: Annotated[Quantity, within("s", 0.1, 1_000)]
    sensor: Annotated[Literal["module_ntc", "on_chip"], Field(description="where the inverter temperature sensors sit")]
    sensor_share: Annotated[Share, Field(description="of the switches' mean rise over the base that a module NTC sees")]
