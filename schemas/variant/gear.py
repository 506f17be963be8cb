"""The reduction gear and the wheel."""

from typing import Annotated

from pydantic import Field, model_validator

from schemas.variant.quantities import (
    Celsius,
    Count,
    Metre,
    Ratio,
    Share,
    Strict,
    Torque,
    Viscosity,
    ViscousTorque,
)


class Gear(Strict):
    """Reduction gear and wheel."""

    ratio: Ratio
    planets: Annotated[Count, Field(description="of a planetary gear")] | None = None
    wheel_radius: Metre
    smallest_wheel: Annotated[Metre, Field(description="rolling radius, of all vehicles; else wheel_radius")] | None = (
        None
    )
    largest_wheel: Annotated[Metre, Field(description="rolling radius, of all vehicles; else wheel_radius")] | None = (
        None
    )
    mesh_loss: Annotated[Share, Field(description="of the transmitted power")]
    drag_torque: Torque
    viscous_drag: ViscousTorque
    churning_share: Annotated[Share, Field(description="of the viscous drag; the rest is the bearings'")]
    oil_temp: Annotated[Celsius, Field(description="at which the losses above are stated")]
    oil_viscosity_40c: Viscosity
    oil_viscosity_100c: Viscosity

    @model_validator(mode="after")
    def _thinner_when_hot(self) -> "Gear":
        if self.oil_viscosity_100c.value > self.oil_viscosity_40c.value:
            raise ValueError("oil_viscosity_100c: more than at 40 degC")
        return self
