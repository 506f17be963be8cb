"""How recordings of other people become telemetry of ours: column maps, read from TOML."""

import tomllib
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.signals import REQUIRED, SIGNAL_BY_NAME
from schemas.telemetry import MAX_SAMPLES, Name
from schemas.variant.nodes import Node
from streams.sources import SourceError

Measured = Node | Literal["winding", "efficiency"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignalMap(_Strict):
    """A signal of ours = column x factor + offset, or a constant. A factor of -1 turns the sign."""

    column: str = ""
    factor: float = 1.0
    offset: float = 0.0
    constant: float | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.column) == (self.constant is not None):
            raise ValueError("give either column or constant")
        return self


class TimeMap(_Strict):
    """The time column, in ``unit``: since the epoch in UTC, or since anything where the map has a ``start``."""

    column: str
    unit: Literal["s", "ms", "us"] = "s"


class RecordingMap(_Strict):
    """Which rows belong together. Without ``column`` a file is a recording; a recording is one boot of its unit."""

    column: str = ""
    units: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="deal the recordings, sorted by name, to so many units; default: each its own"
    )
    prefix: Name = "unit"
    pause_min: Annotated[float, Field(ge=0)] = 30.0


class FrameMap(_Strict):
    """How samples are cut into frames."""

    samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] = 100
    sampling: Literal["point", "mean"] = "point"


class CsvMap(_Strict):
    """How to read CSV files."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"


class Condition(_Strict):
    """A column within a range."""

    column: str
    at_least: float = float("-inf")
    at_most: float = float("inf")


class CleanMap(_Strict):
    """Rows on which nothing but the drive and the base load draws power: every condition held for ``for_s``."""

    for_s: Annotated[float, Field(ge=0)] = 0.0
    where: Annotated[list[Condition], Field(min_length=1)]


class ColumnMap(_Strict):
    """A whole map; see streams/sources/maps/bmw-i3-trips.toml for one with everything."""

    maker: Name
    variant: Name
    files: list[str] = Field(default_factory=list, description="names below the source folder; default: all")
    start: AwareDatetime | None = Field(default=None, description="when every unit begins, instead of recorded time")
    time: TimeMap | None = Field(default=None, description="none: rows are points of operation, not a recording")
    recordings: RecordingMap = RecordingMap()
    frame: FrameMap = FrameMap()
    csv: CsvMap = CsvMap()
    signals: dict[str, SignalMap]
    measured: dict[Measured, SignalMap] = Field(
        default_factory=dict,
        description="of a bench: temperatures [degC] of nodes or of the mean winding; efficiency [1], DC to shaft",
    )
    clean: CleanMap | None = Field(default=None, description="rows that judge the power of a drive; default: all")

    @model_validator(mode="after")
    def _known_signals(self) -> Self:
        unknown = sorted(set(self.signals) - set(SIGNAL_BY_NAME))
        if unknown:
            raise ValueError(f"unknown signals {', '.join(unknown)}; known are {', '.join(SIGNAL_BY_NAME)}")
        absent = [name for name in REQUIRED if name not in self.signals]
        if absent:
            raise ValueError(f"signals need {' and '.join(absent)}")
        return self

    @property
    def columns(self) -> list[str]:
        """Columns to read, each once."""
        names = [self.time.column if self.time else "", self.recordings.column]
        names += [signal.column for signal in (*self.signals.values(), *self.measured.values())]
        names += [condition.column for condition in (self.clean.where if self.clean else ())]
        return [name for name in dict.fromkeys(names) if name]

    @property
    def start_us(self) -> int | None:
        """``start`` in microseconds UTC."""
        return None if self.start is None else round(datetime.timestamp(self.start) * 1e6)


def shipped() -> list[str]:
    """Names of the maps that come with the project."""
    names = (entry.name for entry in files("streams.sources.maps").iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load(name: str) -> ColumnMap:
    """A shipped map by name, or a map from a TOML file by path; SourceError says what is wrong with it."""
    try:
        if name in shipped():
            text = files("streams.sources.maps").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        else:
            text = Path(name).read_text(encoding="utf-8")
        return ColumnMap.model_validate(tomllib.loads(text))
    except OSError as error:
        raise SourceError(
            f"map {name}: {error.strerror or error}; give a TOML file or a shipped map: {', '.join(shipped())}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"map {name}: not a TOML file: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "map"
        raise SourceError(f"map {name}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
