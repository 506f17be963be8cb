"""What ``edu-twin identify`` can fit to: temperatures of a bench, DC power of drives, a measured efficiency map."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streams.commands.errors import UserError

if TYPE_CHECKING:
    from schemas.variant import VariantFile
    from streams.sources.files import Recording
    from streams.sources.maps import ColumnMap
    from twin.identify.efficiency_map import Points
    from twin.identify.solve import Errors
    from twin.variants import Variant

Array = NDArray[np.float64]


class Fitted(StrEnum):
    """Measured values to fit to."""

    TEMPERATURES = "temperatures"
    POWER = "power"
    MAP = "map"


class Target(Protocol):
    """Residuals, and what their errors are like."""

    errors: "Errors"

    def __call__(self, values: Mapping[str, float]) -> Array: ...


@dataclass(frozen=True)
class FitTo:
    """``patterns``: free numbers; ``target``: residuals; ``scores``: errors; ``changed``: with other numbers;
    ``judged``: number of measured values; ``needs``: what a recording without any lacks.
    """

    patterns: Sequence[str]
    target: "Callable[[Variant, Sequence[Recording]], Target]"
    scores: "Callable[[Variant, Sequence[Recording]], dict[str, float]]"
    changed: "Callable[[Variant, VariantFile], Variant]"
    judged: "Callable[[Recording], int]"
    needs: str


def fit_to(what: Fitted, column_map: "ColumnMap", name: str) -> FitTo:
    """The fit; UserError where the map ``name`` does not say what it needs."""
    from twin.identify import efficiency_map, open_loop, power, thermal

    temperatures = set(column_map.measured) - {"efficiency"}
    if what is Fitted.TEMPERATURES:
        if not temperatures:
            raise UserError(f"map {name}: names no temperatures in [measured]: there is nothing to fit to")
        return FitTo(
            thermal.PATTERNS,
            lambda variant, found: thermal.Temperatures(variant, list(map(_bench, found))),
            _temperature_scores,
            open_loop.changed,
            lambda recording: sum(int(np.isfinite(values).sum()) for values in _bench(recording).measured_c.values()),
            f"no number in any measured temperature ({', '.join(sorted(temperatures))})",
        )
    if what is Fitted.POWER:
        if not {"dc_voltage_v", "dc_current_a"} <= set(column_map.signals):
            raise UserError(f"map {name}: --fit power needs the signals dc_voltage_v and dc_current_a")
        return FitTo(
            power.PATTERNS,
            lambda variant, found: power.Power(variant, list(map(_drive, found))),
            _power_scores,
            _anew,
            lambda recording: power.judged(_drive(recording)),
            "no clean row with a DC power; [clean] of the map says which rows are clean",
        )
    if "efficiency" not in column_map.measured:
        raise UserError(f"map {name}: --fit map needs efficiency in [measured]")
    return FitTo(
        efficiency_map.PATTERNS,
        lambda variant, found: efficiency_map.Map(variant, _points(found)),
        _map_scores,
        _anew,
        lambda recording: int(np.isfinite(recording.measured["efficiency"]).sum()),
        "no number in efficiency",
    )


def _anew(variant: "Variant", file: "VariantFile") -> "Variant":
    from twin.variants.parameters import parameters

    return replace(variant, file=file, parameters=parameters(file, variant.loss_map))


def _bench(recording: "Recording") -> Any:
    from twin.identify.open_loop import bench

    temperatures = {name: values for name, values in recording.measured.items() if name != "efficiency"}
    return bench(recording.name, recording.times_us, recording.signals, temperatures)


def _drive(recording: "Recording") -> Any:
    from twin.identify.power import Drive

    return Drive(recording.times_us, _bench(recording).samples, recording.clean)


def _points(recordings: "Sequence[Recording]") -> "Points":
    """The points with a measured efficiency."""
    from twin.identify.efficiency_map import Points

    columns = [(r.signals["motor_speed_rpm"], r.signals["torque_nm"], r.measured["efficiency"]) for r in recordings]
    speed_rpm, torque_nm, measured = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    known = np.isfinite(measured)
    return Points(speed_rpm[known], torque_nm[known], measured[known])


def _temperature_scores(variant: "Variant", recordings: "Sequence[Recording]") -> dict[str, float]:
    """Mean squared error [K2] of each temperature and of all, and the worst error [K], open loop from the first row."""
    from twin.identify.thermal import errors_k

    errors: dict[str, list[Array]] = {}
    for recording in recordings:
        for name, error_k in errors_k(variant, _bench(recording)).items():
            if np.isfinite(error_k).any():
                errors.setdefault(name, []).append(error_k[np.isfinite(error_k)])
    joined = {name: np.concatenate(parts) for name, parts in errors.items()}
    each = {f"{name}_mse_k2": float(np.mean(error_k**2)) for name, error_k in joined.items()}
    worst_k = max(float(np.max(np.abs(error_k))) for error_k in joined.values())
    return {"mse_k2": sum(each.values()) / len(each), "worst_k": worst_k} | each


def _power_scores(variant: "Variant", recordings: "Sequence[Recording]") -> dict[str, float]:
    """RMSE and mean error of the DC power [W] on the clean rows."""
    from twin.identify.power import errors_w

    error_w = np.concatenate([errors_w(variant.parameters, _drive(recording)) for recording in recordings])
    return {"rmse_w": float(np.sqrt(np.mean(error_w**2))), "mean_w": float(np.mean(error_w)), "rows": len(error_w)}


def _map_scores(variant: "Variant", recordings: "Sequence[Recording]") -> dict[str, float]:
    """RMSE and worst error of the efficiency [percentage points]."""
    from twin.identify.efficiency_map import efficiency

    points = _points(recordings)
    error_pp = 100.0 * (efficiency(variant.parameters, points.speed_rpm, points.torque_nm) - points.efficiency)
    return {"rmse_pp": float(np.sqrt(np.mean(error_pp**2))), "worst_pp": float(np.max(np.abs(error_pp)))}
