"""The inverter and its semiconductors."""

from typing import Annotated

from pydantic import Field

from schemas.variant.quantities import Hertz, Joule, Ohm, Quantity, Strict, Volt, Watt, within


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
