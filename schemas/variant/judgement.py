"""What a unit is judged against: when its efficiency counts, temperature limits, design target."""

from typing import Annotated

from pydantic import Field, model_validator

from schemas.variant.quantities import Celsius, Count, PositiveKelvin, Quantity, Share, Strict, Torque, Watt, within

SDs = Annotated[Quantity, within("1", 1, 100)]
"""A limit in standard deviations."""


class LossParts(Strict):
    """How sure each part of the losses is, as a share of it; they are taken as independent."""

    copper: Share
    iron: Share
    rotor: Share
    inverter: Share
    gear: Share


class Efficiency(Strict):
    """When an efficiency is published, and how sure the loss model is."""

    power_floor: Watt
    torque_floor: Torque
    loss_scale_sd: Share
    part_loss_sd: LossParts


class Lasting(Strict):
    """Residuals and implausible readings that raise an alert when they last."""

    seconds: Annotated[Quantity, within("s", 1, 3_600), Field(description="in a trip, over the limit or well below")]
    trips: Annotated[Count, Field(description="in a row, until it opens or resolves")]
    calm_share: Annotated[Share, Field(description="of a limit, below which all is well")]
    innovation: Annotated[
        Quantity, within("1", 1, 16), Field(description="mean squared innovation of a sensor over its variance")
    ]
    coolant: Annotated[SDs, Field(description="outlet over inlet and heat between them")]
    balance: Annotated[SDs, Field(description="DC power over the model's")]
    legs: Annotated[SDs, Field(description="sensor of a leg over the mean of the three")]
    stuck: Annotated[Quantity, within("s", 60, 36_000), Field(description="a reading that does not change")]
    moved: Annotated[PositiveKelvin, Field(description="meanwhile, of what it should follow")]


class Limits(Strict):
    """Temperatures that raise an alert."""

    winding: Celsius
    rotor: Celsius
    oil: Celsius
    junction: Celsius
    hysteresis: PositiveKelvin
    lasting: Lasting


class Quantiles(Strict):
    """Shares of the maximum that are not exceeded in 50, 90 and 99 % of the driving time."""

    p50: Share
    p90: Share
    p99: Share

    @model_validator(mode="after")
    def _rising(self) -> "Quantiles":
        if not self.p50.value <= self.p90.value <= self.p99.value:
            raise ValueError("quantiles must not fall")
        return self


class Temperatures(Strict):
    """Temperatures that are not exceeded in 50, 90 and 99 % of the driving time."""

    p50: Celsius
    p90: Celsius
    p99: Celsius

    @model_validator(mode="after")
    def _rising(self) -> "Temperatures":
        if not self.p50.value <= self.p90.value <= self.p99.value:
            raise ValueError("quantiles must not fall")
        return self


class Cycles(Strict):
    """Equal temperature cycles: how far, from where, how long the rise takes, and how many in a life."""

    range: Annotated[Quantity, within("K", 1, 200)]
    low: Celsius
    rise: Annotated[Quantity, within("s", 0.01, 10_000)]
    count: Annotated[Quantity, within("1", 1, 1e9)]


class Design(Strict):
    """What the unit was designed for: life, and the load it should see meanwhile. Damage is shown as a ratio to it."""

    distance: Annotated[Quantity, within("km", 1_000, 2e6)]
    driving_time: Annotated[Quantity, within("h", 100, 100_000)]
    age: Annotated[Quantity, within("a", 1, 40)]
    trips: Annotated[Quantity, within("1", 100, 200_000)]
    torque: Annotated[Quantiles, Field(description="of the amount of torque, over max_torque")]
    speed: Annotated[Quantiles, Field(description="of the amount of speed, over max_speed")]
    braking: Annotated[Share, Field(description="of the turns, under braking torque")]
    braking_torque: Annotated[Share, Field(description="of braking over driving torque at equal quantiles")]
    winding_temp: Annotated[Temperatures, Field(description="of the hot spot")]
    rotor_temp: Temperatures
    oil_temp: Temperatures
    junction: Annotated[dict[str, Cycles], Field(description="of the inverter's hottest switch, by their cause")]
    winding: Annotated[dict[str, Cycles], Field(description="of the winding's hot spot, by their cause")]
