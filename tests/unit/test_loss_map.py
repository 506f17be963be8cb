"""A measured loss map in the place of the iron loss: what is read from it, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.test_twin_losses import OMEGA
from twin.estimators import losses
from twin.layout import SAMPLE, WORK
from twin.layout.fresh import fresh_row
from twin.physics.losses import measured_iron_loss
from twin.variants import Variant, VariantError, load

CURRENTS_A, SPEEDS_RPM = np.array([-200.0, -50.0, 0.0, 100.0, 200.0]), np.array([0.0, 1_000.0, 3_000.0, 6_000.0])
RESISTANCE_OHM = 0.01314
VARIANT = """\
name = "mapped"
extends = "lea-pmsm"
[machine.loss_map]
total = "total.csv"
drag = "drag.csv"
source = "made up"
drag_factor = { value = 2, unit = "1", source = "made up" }
copper_temp = { value = 20, unit = "degC", source = "made up" }
ac_linear = { value = 0, unit = "1", source = "made up" }
ac_square = { value = 1, unit = "1", source = "made up" }
"""


def iron_w(current_a: float, speed_rpm: float) -> float:
    """What the map shall hold, linear in both, another slope while braking."""
    return 10.0 + (0.9 if current_a > 0.0 else 1.4) * abs(current_a) + 0.05 * speed_rpm


def write(folder: Path, **replaced: str) -> Path:
    copper = 3.0 * RESISTANCE_OHM * CURRENTS_A[:, None] ** 2 * (1.0 + (SPEEDS_RPM / 6_000.0) ** 2)
    drag = 0.02 * SPEEDS_RPM
    lines = ["I," + ",".join(f"n{speed:g}" for speed in SPEEDS_RPM)]
    for i, current in enumerate(CURRENTS_A):
        values = [iron_w(current, speed) + copper[i, j] + 2.0 * drag[j] for j, speed in enumerate(SPEEDS_RPM)]
        lines.append(",".join(f"{value!r}" for value in [float(current), *map(float, values)]))
    texts = {"total": "\n".join(lines), "drag": "rpm,W\n0,0\n6000,120\n"} | replaced
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "mapped.toml").write_text(VARIANT)
    return folder


def mapped(folder: Path) -> Variant:
    return load("mapped", folder)


@pytest.mark.parametrize(("rms_a", "speed_rpm"), [(0.0, 0.0), (200.0, 6_000.0), (-200.0, 0.0), (187.5, 4_500.0)])
def test_iron_loss_is_the_map_less_copper_and_drag(tmp_path: Path, rms_a: float, speed_rpm: float) -> None:
    par: Any = mapped(write(tmp_path)).parameters.view(np.recarray)[0]
    assert measured_iron_loss(par, speed_rpm, 2.0**0.5 * rms_a) == pytest.approx(iron_w(rms_a, speed_rpm), rel=0.02)
    assert measured_iron_loss(par, -speed_rpm, 2.0**0.5 * rms_a) == measured_iron_loss(par, speed_rpm, 2.0**0.5 * rms_a)


def test_beyond_its_rim_the_map_is_as_at_the_rim(tmp_path: Path) -> None:
    par: Any = mapped(write(tmp_path)).parameters.view(np.recarray)[0]
    rim = measured_iron_loss(par, 6_000.0, par.iron_map_current_a)
    assert measured_iron_loss(par, 9_000.0, 9_000.0) == rim
    assert measured_iron_loss(par, 6_000.0, -9_000.0) == measured_iron_loss(par, 6_000.0, -par.iron_map_current_a)


def test_losses_of_a_sample_come_from_the_map_and_are_split_with_the_rotor(tmp_path: Path) -> None:
    parameters = mapped(write(tmp_path)).parameters.view(np.recarray)
    sample = np.full(1, np.nan, dtype=[(name, np.float64) for name in SAMPLE.names or ()]).astype(SAMPLE)
    sample["motor_speed_rpm"], sample["torque_nm"] = 3_000.0, -80.0
    sample["i_d_a"], sample["i_q_a"] = -60.0 * 2.0**0.5, -80.0 * 2.0**0.5  # 100 A rms
    works = np.zeros(1, WORK).view(np.recarray)
    losses.step(parameters[0], fresh_row().view(np.recarray)[0], sample.view(np.recarray)[0], True, works[0])
    work: Any = works[0]
    split = 0.5441 + 0.0078 * 0.5 + (0.0352 - 0.7438 * 0.5) * 100.0 / 256.0
    total_w = iron_w(-100.0, 3_000.0)
    assert work.iron_w == pytest.approx(split * total_w, rel=0.02)
    assert work.rotor_w == pytest.approx((1.0 - split) * total_w, rel=0.02)
    assert work.shaft_w == pytest.approx(-80.0 * 3_000.0 * OMEGA)


def test_a_map_without_braking_serves_for_braking_too(tmp_path: Path) -> None:
    lines = (write(tmp_path) / "total.csv").read_text().splitlines()
    write(tmp_path, total="\n".join([lines[0], *lines[3:]]))
    par: Any = mapped(tmp_path).parameters.view(np.recarray)[0]
    assert measured_iron_loss(par, 2_000.0, -150.0) == pytest.approx(measured_iron_loss(par, 2_000.0, 150.0))


def test_hash_follows_the_content_of_the_map(tmp_path: Path) -> None:
    before = mapped(write(tmp_path)).parameter_hash
    assert mapped(tmp_path).parameter_hash == before
    text = (tmp_path / "total.csv").read_text()
    assert mapped(write(tmp_path, total=text + "\n")).parameter_hash != before


@pytest.mark.parametrize(
    ("replaced", "reason"),
    [
        ({"total": "I,n0,n1000\n0,1,2\n5,3,x\n"}, "line 3: could not convert"),
        ({"total": "I,n0,n1000\n0,1,2\n5,3\n"}, "as many numbers in each"),
        ({"total": "I,n0,n1000\n5,1,2\n0,3,4\n"}, "currents of the first column do not rise"),
        ({"total": "I,n500,n1000\n0,1,2\n5,3,4\n"}, "must reach from standstill"),
        ({"total": "I,n0,n1000\n0,1,-2\n5,3,4\n"}, "below 0 W"),
        ({"total": "I,n0,n1000\n0,1,nan\n5,3,4\n"}, "line 2: not finite"),
        ({"drag": "rpm,W\n0,0\n0,5\n"}, "speed [rpm] that rises"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused_with_file_and_reason(
    tmp_path: Path, replaced: dict[str, str], reason: str
) -> None:
    write(tmp_path, **replaced)
    with pytest.raises(VariantError) as error:
        mapped(tmp_path)
    assert reason in str(error.value)
    assert f"{next(iter(replaced))}.csv" in str(error.value)
    assert "mapped.toml: machine.loss_map.total: " in str(error.value)


def test_a_missing_map_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "drag.csv").unlink()
    with pytest.raises(VariantError, match=r"drag\.csv: No such file"):
        mapped(tmp_path)
