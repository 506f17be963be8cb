"""The variant file: what makes a brand's drive unit, as data. Every number carries its unit and its source.

A file may ``extends`` another: tables are merged key by key, a quantity is replaced whole. Only the merged result is
checked against this model, so a base may leave open what its variants must say.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.telemetry import NAME_PATTERN

Node = Literal["end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out"]
Place = Literal["end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out", "ambient"]


class Strict(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Quantity(Strict):
    """A number with its unit and where it comes from."""

    value: float
    unit: str
    source: str = Field(min_length=3)


def _in(unit: str, low: float, high: float) -> AfterValidator:
    def check(quantity: Quantity) -> Quantity:
        if quantity.unit != unit:
            raise ValueError(f"unit must be {unit!r}, not {quantity.unit!r}")
        if not low <= quantity.value <= high:
            raise ValueError(f"{quantity.value:g} {unit} is outside {low:g} .. {high:g}")
        return quantity

    return AfterValidator(check)


Count = Annotated[Quantity, _in("1", 1, 20)]
Share = Annotated[Quantity, _in("1", 0, 1)]
Factor = Annotated[Quantity, _in("1", 0, 10)]
Ratio = Annotated[Quantity, _in("1", 1, 30)]
PerKelvin = Annotated[Quantity, _in("1/K", 0, 0.01)]
Ohm = Annotated[Quantity, _in("ohm", 0, 100)]
Henry = Annotated[Quantity, _in("H", 1e-6, 0.1)]
Weber = Annotated[Quantity, _in("Wb", 1e-4, 2)]
Volt = Annotated[Quantity, _in("V", 0, 1_200)]
Ampere = Annotated[Quantity, _in("A", 0, 2_000)]
Watt = Annotated[Quantity, _in("W", 0, 20_000)]
Hysteresis = Annotated[Quantity, _in("W/(Wb2 Hz)", 0, 1e5)]
Eddy = Annotated[Quantity, _in("W/(Wb2 Hz2)", 0, 100)]
Joule = Annotated[Quantity, _in("J", 0, 1)]
Hertz = Annotated[Quantity, _in("Hz", 1_000, 50_000)]
Rpm = Annotated[Quantity, _in("rpm", 500, 25_000)]
Torque = Annotated[Quantity, _in("Nm", 0, 1_500)]
ViscousTorque = Annotated[Quantity, _in("Nm s", 0, 0.1)]
Metre = Annotated[Quantity, _in("m", 0.1, 1)]
Capacity = Annotated[Quantity, _in("J/K", 100, 1e6)]
Conductance = Annotated[Quantity, _in("W/K", 0, 1e5)]
Volumetric = Annotated[Quantity, _in("J/(l K)", 1_000, 5_000)]
Flow = Annotated[Quantity, _in("l/min", 0.1, 60)]
Celsius = Annotated[Quantity, _in("degC", -40, 250)]
Kelvin = Annotated[Quantity, _in("K", 0, 100)]
PositiveKelvin = Annotated[Quantity, _in("K", 0.01, 100)]
NoiseKelvin = Annotated[Quantity, _in("K/sqrt(s)", 1e-4, 1)]
Seconds = Annotated[Quantity, _in("s", 0, 1e6)]


class FieldWinding(Strict):
    """Rotor excitation of an EESM: flux = mutual_inductance i / sqrt(1 + (i / saturation_current)^2)."""

    mutual_inductance: Henry
    saturation_current: Annotated[Quantity, _in("A", 1, 1_000)]
    resistance: Ohm
    brush_drop: Annotated[Volt, Field(description="both brushes together")]
    current_limit: Ampere


class Magnets(Strict):
    """Rotor of a PMSM."""

    flux: Weber
    loss: Annotated[Watt, Field(description="eddy currents at reference speed")]


class Cage(Strict):
    """Rotor of an induction machine, inverse-gamma circuit: flux = mutual_inductance i_d / sqrt(1 + (i_d / sat)^2).

    ``d_inductance`` and ``q_inductance`` of the machine are then the leakage, sigma L_s.
    """

    mutual_inductance: Henry
    saturation_current: Annotated[Quantity, _in("A", 1, 2_000)]
    resistance: Annotated[Ohm, Field(description="R_r (L_m / L_r)^2 at 20 degC")]
    temp_coefficient: PerKelvin
    least_current: Annotated[Ampere, Field(description="magnetising current the drive keeps while it is ready")]


class Machine(Strict):
    """Stator and limits; resistances at 20 degC, amplitude-invariant dq quantities.

    A six-phase machine is described as the three-phase one it behaves like: both winding sets in parallel.
    """

    pole_pairs: Count
    phase_resistance: Ohm
    copper_temp_coefficient: PerKelvin
    ac_copper_factor: Annotated[Factor, Field(description="AC over DC copper loss at reference speed")]
    reference_speed: Rpm
    d_inductance: Henry
    q_inductance: Henry
    hysteresis: Hysteresis
    eddy: Eddy
    current_limit: Annotated[Ampere, Field(description="amplitude")]
    max_speed: Rpm
    max_torque: Torque
    max_power: Annotated[Quantity, _in("W", 1_000, 1e6), Field(description="at the shaft, short-time")]
    field: FieldWinding | None = None
    magnets: Magnets | None = None
    cage: Cage | None = None


class Inverter(Strict):
    """One two-level inverter; a six-phase unit has two of them. A MOSFET has thresholds of 0 V."""

    dc_voltage: Annotated[Quantity, _in("V", 100, 1_200)]
    modulation_limit: Annotated[Quantity, _in("1", 0.5, 1)]
    switch_voltage: Volt
    switch_resistance: Ohm
    diode_voltage: Volt
    diode_resistance: Ohm
    switching_energy: Annotated[Joule, Field(description="E_on + E_off + E_rr at the reference current and voltage")]
    switching_current: Annotated[Quantity, _in("A", 1, 2_000)]
    switching_voltage: Annotated[Quantity, _in("V", 100, 1_200)]
    switching_exponent: Annotated[Quantity, _in("1", 0, 2)]
    switching_frequency: Hertz
    fixed_loss: Watt
    dead_time: Annotated[Quantity, _in("s", 0, 1e-5), Field(description="body diodes carry the current meanwhile")]
    body_diode_voltage: Volt


class Gear(Strict):
    """Reduction gear and wheel."""

    ratio: Ratio
    planets: Annotated[Count, Field(description="of a planetary gear")] | None = None
    wheel_radius: Metre
    mesh_loss: Annotated[Share, Field(description="of the transmitted power")]
    drag_torque: Torque
    viscous_drag: ViscousTorque


class Edge(Strict):
    """Heat path between two nodes or a node and the outside air, at nominal flow and standstill."""

    start: Node
    end: Place
    conductance: Conductance
    flow_exponent: Annotated[Quantity, _in("1", 0, 1)] | None = None
    speed_gain: Factor | None = None


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
    """Slow error of the model at coolant temperature, standard deviation; added to the published one."""

    end_winding: Kelvin
    slot_winding: Kelvin
    teeth: Kelvin
    yoke: Kelvin
    rotor: Kelvin
    oil: Kelvin
    housing: Kelvin
    coolant_out: Kelvin


class DiscrepancyShares(Nodes):
    """Slow error of the model as a share of the rise over the coolant: wrong losses and conductances scale it."""

    end_winding: Share
    slot_winding: Share
    teeth: Share
    yoke: Share
    rotor: Share
    oil: Share
    housing: Share
    coolant_out: Share


class Heat(Strict):
    """Where losses turn into heat: shares by node, each table adding up to 1."""

    end_winding: Annotated[Share, Field(description="share of the stator copper loss; the rest is in the slots")]
    iron: dict[Node, Share]
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
    assumed_ambient: Celsius
    assumed_rise: Annotated[Kelvin, Field(description="of the inlet over the outside air")]
    assumed_sd: PositiveKelvin


class Thermal(Strict):
    """Thermal network and its filter."""

    capacity: Capacities
    conductance: dict[str, Edge]
    heat: Heat
    coolant: Coolant
    process_noise: Noises
    discrepancy: Discrepancies
    discrepancy_share: DiscrepancyShares
    loss_correlation: Annotated[Seconds, Field(description="how long an error of the losses keeps its sign")]
    start_common_sd: PositiveKelvin
    start_node_sd: PositiveKelvin
    soak_sd: PositiveKelvin
    parked: Seconds
    warm_up: Seconds

    @model_validator(mode="after")
    def _connected(self) -> "Thermal":
        reached = {"coolant_out"}
        for _ in Nodes.model_fields:
            for edge in self.conductance.values():
                if edge.conductance.value > 0.0 and edge.end != "ambient" and {edge.start, edge.end} & reached:
                    reached |= {edge.start, edge.end}
        lost = sorted(set(Nodes.model_fields) - reached)
        if lost:
            raise ValueError(f"no heat path from {', '.join(lost)} to the coolant")
        return self


class Sensor(Strict):
    """A temperature sensor that corrects the filter."""

    offset_sd: PositiveKelvin
    noise_sd: PositiveKelvin
    lag: Annotated[Quantity, _in("s", 0, 60)]


class Sensors(Strict):
    """Accuracy of the vehicle's sensors, standard deviations."""

    winding: Sensor
    coolant_out: Sensor
    oil: Sensor
    coolant_in_offset_sd: PositiveKelvin
    voltage_gain_sd: Share
    current_gain_sd: Share
    current_offset_sd: Ampere
    torque_gain_sd: Share
    torque_offset_sd: Torque
    speed_gain_sd: Share
    auxiliary_power: Annotated[Watt, Field(description="of other consumers behind the DC current sensor; subtracted")]
    auxiliary_power_sd: Watt


class Telemetry(Strict):
    """Timing of the signals."""

    torque_delay: Annotated[Quantity, _in("s", 0, 2)]
    hold_limit: Annotated[Quantity, _in("s", 0.1, 8)]


class Efficiency(Strict):
    """When an efficiency is published, and how sure the loss model is."""

    power_floor: Watt
    torque_floor: Torque
    loss_scale_sd: Share


class Limits(Strict):
    """Temperatures that raise an alert."""

    winding: Celsius
    rotor: Celsius
    oil: Celsius
    hysteresis: PositiveKelvin


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


class Design(Strict):
    """What the unit was designed for: life, and the load it should see meanwhile. Judged against, never estimated."""

    distance: Annotated[Quantity, _in("km", 1_000, 2e6)]
    driving_time: Annotated[Quantity, _in("h", 100, 100_000)]
    age: Annotated[Quantity, _in("a", 1, 40)]
    trips: Annotated[Quantity, _in("1", 100, 200_000)]
    torque: Annotated[Quantiles, Field(description="of the amount of torque, over max_torque")]
    speed: Annotated[Quantiles, Field(description="of the amount of speed, over max_speed")]


ROTOR_TABLE = {"eesm": "field", "pmsm": "magnets", "asm": "cage"}
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
                {edge.start, edge.end} == ends and edge.conductance.value > 0.0
                for edge in self.thermal.conductance.values()
            )
            if there != (kind == self.cooling):
                needs = "needs a" if kind == self.cooling else "has no"
                path = " and ".join(sorted(ends))
                raise ValueError(f"thermal.conductance: cooling {self.cooling!r} {needs} heat path between {path}")
        return self
