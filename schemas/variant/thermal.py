"""The thermal network: heat paths, where losses turn into heat, coolant circuit and the filter on it."""

from typing import Annotated

from pydantic import Field, model_validator

from schemas.variant.nodes import Capacities, Discrepancies, Imbalances, Node, Nodes, Noises
from schemas.variant.paths import HeatPath
from schemas.variant.quantities import (
    Celsius,
    Flow,
    Kelvin,
    PositiveKelvin,
    Quantity,
    Seconds,
    Share,
    Strict,
    Volumetric,
    within,
)


class Heat(Strict):
    """Where losses turn into heat: shares by node, each table adding up to 1."""

    end_winding: Annotated[Share, Field(description="share of the stator copper loss; the rest is in the slots")]
    iron: Annotated[
        dict[Node, Share], Field(description="of the iron loss of the stator, or of all where none is split")
    ]
    gear: dict[Node, Share]
    inverter: dict[Node, Share]

    @model_validator(mode="after")
    def _complete(self) -> "Heat":
        for name in ("iron", "gear", "inverter"):
            total = sum(share.value for share in getattr(self, name).values())
            if abs(total - 1.0) > 1e-9:
                raise ValueError(f"shares of {name} add up to {total:g}, not 1")
        return self


class Coolant(Strict):
    """Coolant circuit, and what to assume where it is not measured."""

    heat_capacity: Volumetric
    nominal_flow: Flow
    pump_flow: Annotated[Flow, Field(description="at full duty")]
    thinning: Annotated[
        Quantity,
        within("1/K", 0, 0.05),
        Field(description="what warm coolant gains, as a share of flow: flow_exponent goes by the product"),
    ]
    thin_temp: Annotated[Celsius, Field(description="of the inlet, at which the heat paths are stated")]
    inlet_by_outlet_sd: Annotated[
        PositiveKelvin, Field(description="of the inlet worked out from the outlet where only that is measured")
    ]
    assumed_flow: Annotated[Share, Field(description="of the nominal flow, where neither flow nor duty is measured")]
    assumed_flow_sd: Annotated[Share, Field(description="of the heat that the coolant takes then")]
    assumed_ambient: Celsius
    assumed_ambient_sd: PositiveKelvin
    assumed_rise: Annotated[Kelvin, Field(description="of the inlet over the outside air")]
    assumed_sd: PositiveKelvin


class Thermal(Strict):
    """Thermal network and its filter."""

    capacity: Capacities
    conductance: dict[str, HeatPath]
    heat: Heat
    coolant: Coolant
    process_noise: Noises
    discrepancy: Discrepancies
    imbalance: Imbalances
    loss_correlation: Annotated[Seconds, Field(description="how long an error of the losses keeps its sign")]
    start_common_sd: PositiveKelvin
    start_node_sd: PositiveKelvin
    soak_sd: PositiveKelvin
    parked: Seconds
    warm_up: Seconds

    @model_validator(mode="after")
    def _connected(self) -> "Thermal":
        reached = {"coolant_out", "coolant_in"}
        for _ in Nodes.model_fields:
            for edge in self.conductance.values():
                if edge.conductance_w_k > 0.0 and edge.end != "ambient" and {edge.start, edge.end} & reached:
                    reached |= {edge.start, edge.end}
        lost = sorted(set(Nodes.model_fields) - reached)
        if lost:
            raise ValueError(f"no heat path from {', '.join(lost)} to the coolant")
        return self
