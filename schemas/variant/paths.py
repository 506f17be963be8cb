"""Heat paths of the thermal network: named forms of how a path depends on speed, coolant and flow (physics 2.2).

n is speed over the machine's reference speed, T the temperature of the coolant inlet in degC. ``flow_exponent`` makes
the conductance of a path follow the flow over the nominal one.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from schemas.variant.nodes import Node, Place
from schemas.variant.quantities import (
    Conductance,
    Factor,
    Quantity,
    Resistance,
    ResistancePerKelvin,
    ResistanceSlope,
    Strict,
    within,
)

LINEAR_CONDUCTANCE = "linear_conductance"


class Path(Strict):
    """Heat path between two nodes, or a node and the outside air or the coolant inlet."""

    start: Node
    end: Place
    flow_exponent: Annotated[Quantity, within("1", 0, 1)] | None = None


class LinearConductance(Path):
    """G = conductance (1 + speed_gain n); what a path is that names no form."""

    form: Literal["linear_conductance"] = "linear_conductance"
    conductance: Conductance
    speed_gain: Factor | None = None

    @property
    def conductance_w_k(self) -> float:
        """Standing, at nominal flow."""
        return self.conductance.value


class LinearResistance(Path):
    """R = resistance + speed_slope n + coolant_slope T + cross_slope n T."""

    form: Literal["linear_resistance"]
    resistance: Annotated[Resistance, Field(description="standing, coolant at 0 degC")]
    speed_slope: ResistanceSlope | None = None
    coolant_slope: ResistancePerKelvin | None = None
    cross_slope: ResistancePerKelvin | None = None

    @property
    def conductance_w_k(self) -> float:
        """Standing, at nominal flow, coolant at 0 degC."""
        return 1.0 / self.resistance.value


class ExponentialSpeed(Path):
    """R = resistance + standstill_resistance exp(-n / speed_scale): an air gap."""

    form: Literal["exponential_speed"]
    resistance: Annotated[Resistance, Field(description="of a fast machine")]
    standstill_resistance: Annotated[Resistance, Field(description="what is added when it stands")]
    speed_scale: Annotated[Quantity, within("1", 0.001, 10)]

    @property
    def conductance_w_k(self) -> float:
        """Standing, at nominal flow."""
        return 1.0 / (self.resistance.value + self.standstill_resistance.value)


def _form(table: Any) -> str:
    form = table.get("form", LINEAR_CONDUCTANCE) if isinstance(table, dict) else getattr(table, "form", "")
    return str(form)


HeatPath = Annotated[
    Annotated[LinearConductance, Tag("linear_conductance")]
    | Annotated[LinearResistance, Tag("linear_resistance")]
    | Annotated[ExponentialSpeed, Tag("exponential_speed")],
    Discriminator(_form),
]
