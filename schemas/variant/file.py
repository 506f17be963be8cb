"""The whole variant file and the rules between its tables."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.telemetry import NAME_PATTERN
from schemas.variant.gear import Gear
from schemas.variant.inverter import Inverter
from schemas.variant.judgement import Design, Efficiency, Limits
from schemas.variant.lifetime import Lifetime
from schemas.variant.machine import Machine
from schemas.variant.quantities import Strict
from schemas.variant.sensors import Sensors, Telemetry
from schemas.variant.thermal import Thermal

ROTOR_TABLE = {"eesm": "field", "pmsm": "magnets", "asm": "cage"}
WEARS_WITH = {"field": "eesm", "brushes": "eesm", "knee": "pmsm"}
"""Table of ``lifetime`` -> the only machine type that has, and needs, it."""
BUS_V = {"400V": (250.0, 500.0), "800V": (500.0, 950.0)}
"""Nominal DC voltages that go by the name of the bus."""


class VariantFile(Strict):
    """A complete variant: named choices for what differs in structure, tables for what differs in numbers."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    title: str
    machine_type: Literal["eesm", "pmsm", "asm"]
    phases: Literal[3, 6]
    inverter_type: Literal["igbt", "sic"]
    bus: Literal["400V", "800V"]
    gear_type: Literal["offset", "planetary"]
    cooling: Literal["jacket", "oil_spray", "rotor_shaft"]
    mounting: Literal["front", "rear", "bench"]
    machine: Machine
    inverter: Inverter
    gear: Gear
    thermal: Thermal
    sensors: Sensors
    telemetry: Telemetry
    efficiency: Efficiency
    limits: Limits
    lifetime: Lifetime
    design: Design

    @model_validator(mode="after")
    def _rotor_of_its_type(self) -> "VariantFile":
        for kind, table in ROTOR_TABLE.items():
            there = getattr(self.machine, table) is not None
            if kind == self.machine_type and not there:
                raise ValueError(f"machine.{table}: machine_type {kind!r} needs this table")
            if kind != self.machine_type and there:
                raise ValueError(f"machine.{table}: machine_type {self.machine_type!r} has no such table")
        return self

    @model_validator(mode="after")
    def _rotor_wears_as_its_type(self) -> "VariantFile":
        for table, kind in WEARS_WITH.items():
            if (getattr(self.lifetime, table) is not None) != (kind == self.machine_type):
                raise ValueError(f"lifetime.{table}: needed by machine_type {kind!r}, and by no other")
        return self

    @model_validator(mode="after")
    def _electronics_of_their_type(self) -> "VariantFile":
        low, high = BUS_V[self.bus]
        if not low <= self.inverter.dc_voltage.value < high:
            raise ValueError(f"inverter.dc_voltage: a bus of {self.bus} has {low:g} .. {high:g} V")
        threshold_v = self.inverter.switch_voltage.value + self.inverter.diode_voltage.value
        if self.inverter_type == "sic" and threshold_v > 0.0:
            raise ValueError("inverter.switch_voltage, inverter.diode_voltage: 0 V where inverter_type is 'sic'")
        if self.inverter_type == "igbt" and threshold_v == 0.0:
            raise ValueError("inverter.switch_voltage, inverter.diode_voltage: not 0 V where inverter_type is 'igbt'")
        return self

    @model_validator(mode="after")
    def _gear_of_its_type(self) -> "VariantFile":
        if (self.gear_type == "planetary") != (self.gear.planets is not None):
            raise ValueError("gear.planets: needed by gear_type 'planetary', and by no other")
        return self

    @model_validator(mode="after")
    def _paths_of_the_cooling(self) -> "VariantFile":
        """Oil spray wets the end winding; a cooled shaft takes heat from the rotor into the coolant."""
        wanted = {"oil_spray": {"end_winding", "oil"}, "rotor_shaft": {"rotor", "coolant_out"}}
        for kind, ends in wanted.items():
            there = any(
                {edge.start, edge.end} == ends and edge.conductance_w_k > 0.0
                for edge in self.thermal.conductance.values()
            )
            if there != (kind == self.cooling):
                needs = "needs a" if kind == self.cooling else "has no"
                path = " and ".join(sorted(ends))
                raise ValueError(f"thermal.conductance: cooling {self.cooling!r} {needs} heat path between {path}")
        return self
