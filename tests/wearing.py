"""A unit driven through a twin, and what of it wears: damage sums, closed cycles."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.loads import LoadKind
from tests import drives
from twin.layout import COMPONENTS
from twin.twin import Results, Twin

MINUTE_US, HOUR_US = drives.MINUTE_US, 60 * drives.MINUTE_US


class Unit:
    """One unit of a variant; keeps what its twin puts out."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.rows = twin.new_rows()
        self.rows.add()
        self.pieces: list[Results] = []

    @property
    def row(self) -> Any:
        """Its ROW."""
        return self.rows.records[0]

    def drive(self, samples: NDArray[Any], times_us: NDArray[np.int64], identity: int = 1) -> "Unit":
        """Take samples as one frame."""
        frames = drives.frames(len(samples), identity=identity)
        self.pieces.append(self.twin.step(self.rows, frames, times_us, samples))
        return self

    def tick(self, time_us: int) -> "Unit":
        """Nothing comes until then."""
        self.pieces.append(self.twin.tick(self.rows, time_us))
        return self

    def of(self, series: str) -> NDArray[Any]:
        """All results of a series so far."""
        return np.concatenate([getattr(piece, series) for piece in self.pieces])

    def cycles(self, kind: LoadKind) -> NDArray[Any]:
        """Its closed cycles of a kind."""
        loads = self.of("loads")
        return loads[loads["kind"] == kind]

    @property
    def wear(self) -> dict[str, float]:
        """Damage by component."""
        return {name: float(worn) for name, worn in zip(COMPONENTS, self.row.wear, strict=False)}


def warm(count: int, hz: float = 10.0, **signals: float) -> NDArray[Any]:
    """(count,) SAMPLE at one operating point, all temperatures settled at 60 degC."""
    steady = {
        "motor_speed_rpm": 5_000.0,
        "torque_nm": 100.0,
        "dc_voltage_v": 390.0,
        "winding_temp_c": 60.0,
        "coolant_in_temp_c": 60.0,
        "coolant_out_temp_c": 60.0,
        "oil_temp_c": 60.0,
        "ambient_temp_c": 60.0,
        "coolant_flow_l_min": 8.0,
    }
    return drives.constant(count, **steady | signals)
