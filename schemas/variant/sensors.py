"""What the vehicle measures: accuracy and timing."""

from typing import Annotated

from pydantic import Field

from schemas.variant.quantities import Ampere, PositiveKelvin, Quantity, Share, Strict, Torque, Watt, within

LONGEST_HOLD_S = 8
"""A sample may speak for at most so long."""


class Sensor(Strict):
    """A temperature sensor that corrects the filter."""

    offset_sd: PositiveKelvin
    noise_sd: PositiveKelvin
    lag: Annotated[Quantity, within("s", 0, 60)]


class RotorThermometer(Strict):
    """The rotor's temperature from its field resistance or magnet flux, by terminal voltages and currents."""

    spread: Annotated[Share, Field(description="of resistance or flux at 20 degC between units, SD")]
    offset_sd: Annotated[PositiveKelvin, Field(description="left when the unit's own value is learned")]
    noise_sd: Annotated[PositiveKelvin, Field(description="of a mean over ten seconds")]


class Sensors(Strict):
    """Accuracy of the vehicle's sensors: standard deviations, and what is known of torque and DC current."""

    winding: Sensor
    coolant_out: Sensor
    oil: Sensor
    rotor: RotorThermometer | None = None
    coolant_in_offset_sd: PositiveKelvin
    voltage_gain_sd: Share
    current_gain_sd: Share
    current_offset_sd: Ampere
    torque_gain: Annotated[Quantity, within("1", 0.8, 1.2), Field(description="true over reported torque")]
    torque_offset: Annotated[
        Quantity, within("Nm", -20, 20, typical=1.0), Field(description="true less reported torque, along the rotation")
    ]
    torque_dead_zone: Annotated[
        Quantity,
        within("Nm", 0, 1_500, typical=0.5),
        Field(description="reported torque is that much nearer to zero than the true"),
    ]
    torque_gain_sd: Share
    torque_offset_sd: Torque
    speed_gain_sd: Share
    auxiliary_power: Annotated[
        Quantity,
        within("W", 0, 20_000, typical=300.0),
        Field(description="of other consumers behind the DC current sensor; subtracted"),
    ]
    auxiliary_power_moving: Annotated[
        Quantity, within("W", 0, 20_000, typical=200.0), Field(description="more of it on the move: pump, steering")
    ]
    auxiliary_power_sd: Watt


class Telemetry(Strict):
    """Timing of the signals."""

    torque_delay: Annotated[Quantity, within("s", 0, 2, typical=0.2), Field(description="reported torque is that old")]
    dc_window: Annotated[
        Quantity, within("s", 0, 2, typical=0.2), Field(description="reported DC power is the mean before it")
    ]
    hold_limit: Annotated[
        Quantity, within("s", 1, LONGEST_HOLD_S), Field(description="more between two samples is a gap")
    ]
