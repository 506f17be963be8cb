"""Numbers of a variant file: each with its unit, its plausible range and where it comes from."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Number = Annotated[float, Field(strict=True)]
"""A number and nothing that could be read as one: no text, no truth value."""


class Quantity(Strict):
    """A number with its unit and where it comes from."""

    value: Number
    unit: str
    source: str = Field(min_length=3)
    sd: Number | None = Field(default=None, ge=0, description="its SD over its size, a prior of `identify`; 0: held")


@dataclass(frozen=True)
class Within:
    """Accepts a quantity of this unit between these values.

    ``typical``: size of a number that may well be 0 or of either sign, from which `identify` can begin; 0: it has none.
    """

    unit: str
    low: float
    high: float
    typical: float = 0.0

    def __call__(self, quantity: Quantity) -> Quantity:
        """The quantity; ValueError says why not."""
        if quantity.unit != self.unit:
            raise ValueError(f"unit must be {self.unit!r}, not {quantity.unit!r}")
        if not self.low <= quantity.value <= self.high:
            raise ValueError(f"{quantity.value:g} {self.unit} is outside {self.low:g} .. {self.high:g}")
        return quantity


class Series(Strict):
    """Several numbers of one unit and source."""

    value: tuple[Number, ...]
    unit: str
    source: str = Field(min_length=3)


def each_within(unit: str, count: int, low: float, high: float) -> AfterValidator:
    """Accept a series of so many numbers of this unit, each between these values."""

    def check(series: Series) -> Series:
        if series.unit != unit:
            raise ValueError(f"unit must be {unit!r}, not {series.unit!r}")
        if len(series.value) != count:
            raise ValueError(f"{len(series.value)} numbers, not {count}")
        for value in series.value:
            if not low <= value <= high:
                raise ValueError(f"{value:g} {unit} is outside {low:g} .. {high:g}")
        return series

    return AfterValidator(check)


def within(unit: str, low: float, high: float, typical: float = 0.0) -> AfterValidator:
    """Accept a quantity of this unit between these values; ``typical``: see ``Within``."""
    return AfterValidator(Within(unit, low, high, typical))


def _whole(quantity: Quantity) -> Quantity:
    if not quantity.value.is_integer():
        raise ValueError(f"{quantity.value:g} is not a whole number")
    return quantity


Count = Annotated[Quantity, within("1", 1, 20), AfterValidator(_whole)]
Share = Annotated[Quantity, within("1", 0, 1)]
Slope = Annotated[Quantity, within("1", -10, 10)]
Factor = Annotated[Quantity, within("1", 0, 10)]
Ratio = Annotated[Quantity, within("1", 1, 30)]
PerKelvin = Annotated[Quantity, within("1/K", 0, 0.01)]
SignedPerKelvin = Annotated[Quantity, within("1/K", -0.01, 0.01)]
Ohm = Annotated[Quantity, within("ohm", 0, 100)]
Henry = Annotated[Quantity, within("H", 1e-6, 0.1)]
Weber = Annotated[Quantity, within("Wb", 1e-4, 2)]
Volt = Annotated[Quantity, within("V", 0, 1_200)]
Ampere = Annotated[Quantity, within("A", 0, 2_000)]
Watt = Annotated[Quantity, within("W", 0, 20_000)]
Hysteresis = Annotated[Quantity, within("W/(Wb2 Hz)", 0, 1e5)]
Eddy = Annotated[Quantity, within("W/(Wb2 Hz2)", 0, 100)]
LoadHarmonics = Annotated[Quantity, within("W/(A2 Hz2)", 0, 1e-5)]
Joule = Annotated[Quantity, within("J", 0, 1)]
Hertz = Annotated[Quantity, within("Hz", 1_000, 50_000)]
Rpm = Annotated[Quantity, within("rpm", 500, 25_000)]
Torque = Annotated[Quantity, within("Nm", 0, 1_500)]
ViscousTorque = Annotated[Quantity, within("Nm s", 0, 0.1)]
Viscosity = Annotated[Quantity, within("mm2/s", 1, 1_000)]
Metre = Annotated[Quantity, within("m", 0.1, 1)]
Capacity = Annotated[Quantity, within("J/K", 100, 1e6)]
Conductance = Annotated[Quantity, within("W/K", 0, 1e5)]
Resistance = Annotated[Quantity, within("K/W", 0, 100)]
ResistanceSlope = Annotated[Quantity, within("K/W", -100, 100)]
ResistancePerKelvin = Annotated[Quantity, within("1/W", -1, 1)]
Volumetric = Annotated[Quantity, within("J/(l K)", 1_000, 5_000)]
Flow = Annotated[Quantity, within("l/min", 0.1, 60)]
Celsius = Annotated[Quantity, within("degC", -40, 250)]
Kelvin = Annotated[Quantity, within("K", 0, 100)]
PositiveKelvin = Annotated[Quantity, within("K", 0.01, 100)]
NoiseKelvin = Annotated[Quantity, within("K/sqrt(s)", 1e-4, 1)]
Seconds = Annotated[Quantity, within("s", 0, 1e6)]
