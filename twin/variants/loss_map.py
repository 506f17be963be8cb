"""A measured loss map that stands in for the iron loss by flux: read from CSV, less what the twin works out itself.

    iron = iron_factor (total - drag_factor drag - 3 R(copper_temp) I^2 (1 + ac_linear n + ac_square n^2))   physics 2.2

I: phase current, rms, negative while braking; n: speed over reference speed.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.variant.machine import LossMap
from twin.layout import IRON_MAP_CURRENTS, IRON_MAP_SPEEDS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MeasuredLoss:
    """``current_a`` (c,) rms, ``speed_rpm`` (s,), ``total_w`` (c, s), ``drag_w`` (s,); ``digest`` of the files."""

    current_a: Array
    speed_rpm: Array
    total_w: Array
    drag_w: Array
    digest: str


def read(loss_map: LossMap, folder: Path) -> MeasuredLoss:
    """The map of a variant whose file lies in ``folder``; ValueError says file and reason."""
    path = folder / loss_map.total
    lines = _lines(path)
    speed_rpm = _numbers(path, 1, [name.strip().lstrip("n") for name in lines[0][1:]])
    values = np.array([_numbers(path, number, line) for number, line in enumerate(lines[1:], start=2)])
    current_a, total_w = values[:, 0], values[:, 1:]
    if total_w.shape != (len(current_a), len(speed_rpm)) or min(total_w.shape) < 2:
        raise ValueError(f"{path}: needs two currents and speeds at least, and a number for each pair")
    for name, axis in (("currents of the first column", current_a), ("speeds of the first line", speed_rpm)):
        if np.any(np.diff(axis) <= 0.0):
            raise ValueError(f"{path}: {name} do not rise")
    if current_a[0] > 0.0 or current_a[-1] <= 0.0 or speed_rpm[0] != 0.0:
        raise ValueError(f"{path}: must reach from standstill, and from no current or less to driving currents")
    if np.any(total_w < 0.0):
        raise ValueError(f"{path}: a loss is below 0 W")
    digest, drag_w = hashlib.sha256(path.read_bytes()), np.zeros(len(speed_rpm))
    if loss_map.drag:
        drag_w = _drag(folder / loss_map.drag, speed_rpm)
        digest.update((folder / loss_map.drag).read_bytes())
    return MeasuredLoss(current_a, speed_rpm, total_w, drag_w, digest.hexdigest())


def _drag(path: Path, speed_rpm: Array) -> Array:
    curve = np.array([_numbers(path, number, line) for number, line in enumerate(_lines(path)[1:], start=2)])
    if curve.ndim != 2 or curve.shape[1] != 2 or np.any(np.diff(curve[:, 0]) <= 0.0):
        raise ValueError(f"{path}: needs two columns, speed [rpm] that rises and loss [W]")
    return np.asarray(np.interp(speed_rpm, curve[:, 0], curve[:, 1]))


def _lines(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as text:
            lines = [line for line in csv.reader(text) if line]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if len(lines) < 3 or len({len(line) for line in lines}) != 1:
        raise ValueError(f"{path}: needs a heading, two lines at least, and as many numbers in each")
    return lines


def _numbers(path: Path, number: int, line: list[str]) -> Array:
    try:
        found = np.array([float(cell) for cell in line])
    except ValueError as error:
        raise ValueError(f"{path}: line {number}: {error}") from None
    if not np.all(np.isfinite(found)):
        raise ValueError(f"{path}: line {number}: not finite")
    return found


def fill(par: Any, loss_map: LossMap, measured: MeasuredLoss) -> None:
    """The iron loss at the map's own points, no less than 0 W, and from there linearly to the steps of ``par``."""
    n = measured.speed_rpm / par["reference_speed_rpm"]
    warm = 1.0 + par["copper_temp_coefficient"] * (loss_map.copper_temp.value - 20.0)
    ac = 1.0 + loss_map.ac_linear.value * n + loss_map.ac_square.value * n * n
    copper_w = 3.0 * par["phase_resistance_ohm"] * warm * np.outer(measured.current_a**2, ac)
    iron_w = np.maximum(measured.total_w - loss_map.drag_factor.value * measured.drag_w - copper_w, 0.0)
    if loss_map.iron_factor:
        iron_w *= loss_map.iron_factor.value
    braking = measured.current_a[0] < 0.0  # else it was not measured: as driving
    most_a = min(-measured.current_a[0], measured.current_a[-1]) if braking else measured.current_a[-1]
    current_a = np.linspace(-most_a, most_a, IRON_MAP_CURRENTS)
    speed_rpm = np.linspace(0.0, measured.speed_rpm[-1], IRON_MAP_SPEEDS)
    by_speed = np.array([np.interp(speed_rpm, measured.speed_rpm, line) for line in iron_w])
    wanted_a = current_a if braking else np.abs(current_a)
    par["iron_map"] = np.stack([np.interp(wanted_a, measured.current_a, column) for column in by_speed.T], axis=1)
    par["iron_map_current_a"] = 2.0**0.5 * most_a
    par["iron_map_speed_rpm"] = speed_rpm[-1]
