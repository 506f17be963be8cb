"""Quantities given for each node of the thermal network."""

from typing import Literal

from schemas.variant.quantities import Capacity, Kelvin, NoiseKelvin, Quantity, Share, Strict

Node = Literal["end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out"]
Place = Literal[
    "end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out", "coolant_in", "ambient"
]


class Nodes(Strict):
    """One quantity for each node."""

    end_winding: Quantity
    slot_winding: Quantity
    teeth: Quantity
    yoke: Quantity
    rotor: Quantity
    oil: Quantity
    housing: Quantity
    coolant_out: Quantity


class Capacities(Nodes):
    """Heat capacities."""

    end_winding: Capacity
    slot_winding: Capacity
    teeth: Capacity
    yoke: Capacity
    rotor: Capacity
    oil: Capacity
    housing: Capacity
    coolant_out: Capacity


class Noises(Nodes):
    """Process noise, standard deviation."""

    end_winding: NoiseKelvin
    slot_winding: NoiseKelvin
    teeth: NoiseKelvin
    yoke: NoiseKelvin
    rotor: NoiseKelvin
    oil: NoiseKelvin
    housing: NoiseKelvin
    coolant_out: NoiseKelvin


class Discrepancies(Nodes):
    """How far the place that is meant is from the node's mean, standard deviation; added to the published one."""

    end_winding: Kelvin
    slot_winding: Kelvin
    teeth: Kelvin
    yoke: Kelvin
    rotor: Kelvin
    oil: Kelvin
    housing: Kelvin
    coolant_out: Kelvin


class Imbalances(Nodes):
    """Slow error of each node's heat balance, as a share of the heat that passes it: losses and conductances err."""

    end_winding: Share
    slot_winding: Share
    teeth: Share
    yoke: Share
    rotor: Share
    oil: Share
    housing: Share
    coolant_out: Share
