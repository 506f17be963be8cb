"""The reduction gear and the wheel."""

from typing import Annotated

from pydantic import Field

from schemas.variant.quantities import Count, Metre, Ratio, Share, Strict, Torque, ViscousTorque


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
