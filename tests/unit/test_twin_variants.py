"""Variant files: what they inherit, and what is said of a bad one."""

from pathlib import Path

import numpy as np
import pytest

from schemas.signals import SIGNALS
from twin.variants import VariantError, load, names
from twin.variants.parameters import parameter_hash


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text)


def test_shipped_variants_are_listed_and_the_base_is_not() -> None:
    assert names() == ["bmw-gen5-rear", "bmw-i3"]


def test_structure_is_a_named_choice() -> None:
    eesm, pmsm = load("bmw-gen5-rear"), load("bmw-i3")
    assert (eesm.machine_type, pmsm.machine_type) == ("eesm", "pmsm")
    assert eesm.parameters["field_flux_h"][0] > 0.0
    assert pmsm.parameters["field_flux_h"][0] == 0.0
    assert pmsm.parameters["magnet_flux_wb"][0] > 0.0


def test_parameters_are_frozen_and_finite() -> None:
    parameters = load("bmw-i3").parameters
    with pytest.raises(ValueError, match="read-only"):
        parameters["gear_ratio"] = 1.0
    for name in parameters.dtype.names or ():
        assert np.all(np.isfinite(parameters[name])), name


def test_a_variant_of_a_folder_extends_a_shipped_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        "my-i3",
        'name = "my-i3"\ntitle = "mine"\nextends = "bmw-i3"\n'
        '[gear]\nratio = { value = 8.5, unit = "1", source = "own data sheet" }\n',
    )
    assert names(tmp_path) == ["bmw-gen5-rear", "bmw-i3", "my-i3"]
    mine, shipped = load("my-i3", tmp_path), load("bmw-i3")
    assert mine.gear_ratio == 8.5
    assert mine.wheel_radius_m == shipped.wheel_radius_m
    assert mine.parameter_hash != shipped.parameter_hash


def test_wording_does_not_change_the_hash_and_numbers_do(tmp_path: Path) -> None:
    base = 'name = "a"\ntitle = "{title}"\nextends = "bmw-i3"\n'
    base += '[gear]\nratio = {{ value = {ratio}, unit = "1", source = "{source}" }}\n'
    write(tmp_path, "a", base.format(title="one", ratio="9.0", source="data sheet"))
    first = load("a", tmp_path).parameter_hash
    write(tmp_path, "a", base.format(title="two", ratio="9", source="data sheet, page 2"))
    assert load("a", tmp_path).parameter_hash == first
    write(tmp_path, "a", base.format(title="two", ratio="9.1", source="data sheet, page 2"))
    changed = load("a", tmp_path)
    assert changed.parameter_hash != first
    assert changed.parameter_hash == parameter_hash(changed.file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[gear]\nratio = { value = 9, unit = "mm", source = "xyz" }', r"gear\.ratio: .*unit must be '1', not 'mm'"),
        ('[gear]\nratio = { value = 900, unit = "1", source = "xyz" }', r"gear\.ratio: .*900 1 is outside 1 \.\. 30"),
        ('[gear]\nratio = { value = 9, unit = "1" }', r"gear\.ratio\.source: Field required"),
        ("[gear]\nratios = 3", r"gear\.ratios: Extra inputs are not permitted"),
        ('machine_type = "eesm"', r"'eesm' needs the table machine\.field"),
        ('[thermal.heat.gear]\noil = { value = 0.2, unit = "1", source = "xyz" }', r"shares of gear add up to 0\.5"),
        ("[gear\n", r"a\.toml: Expected"),
        ('name = "b"', r"name: is 'b', but the file is named 'a'"),
    ],
)
def test_a_bad_file_is_told_with_file_key_and_reason(tmp_path: Path, text: str, said: str) -> None:
    head = "" if text.startswith("name") else 'name = "a"\n'
    own = text if text.startswith("machine_type") else ""
    machine = "" if own else 'machine_type = "pmsm"\n'
    write(tmp_path, "a", f'{head}title = "x"\nextends = "bmw-i3"\n{own}{machine}\n{"" if own else text}\n')
    with pytest.raises(VariantError, match=said) as caught:
        load("a", tmp_path)
    assert "a.toml" in str(caught.value)


def test_unknown_variant_is_told_what_there_is() -> None:
    with pytest.raises(VariantError, match=r"no variant 'bmw-i9'; there are: bmw-gen5-rear, bmw-i3"):
        load("bmw-i9")


def test_extends_in_a_circle_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a", 'extends = "b"')
    write(tmp_path, "b", 'extends = "a"')
    with pytest.raises(VariantError, match="a -> b -> a"):
        load("a", tmp_path)


def test_node_cut_off_from_the_coolant_is_told(tmp_path: Path) -> None:
    none = 'conductance = { value = 0, unit = "W/K", source = "cut" }\n'
    cuts = "".join(f"[thermal.conductance.rotor_{end}]\n{none}" for end in ("teeth", "end_winding", "oil", "housing"))
    write(tmp_path, "a", f'name = "a"\ntitle = "x"\nextends = "bmw-i3"\n{cuts}')
    with pytest.raises(VariantError, match="no heat path from rotor to the coolant"):
        load("a", tmp_path)


def test_limits_fit_the_int16_form_with_a_fifth_to_spare() -> None:
    scale = {signal.name: signal.scale for signal in SIGNALS}
    for name in names():
        file = load(name).file
        largest = {
            "motor_speed_rpm": file.machine.max_speed.value,
            "torque_nm": file.machine.max_torque.value,
            "i_q_a": file.machine.current_limit.value,
            "dc_voltage_v": file.inverter.dc_voltage.value,
            "winding_temp_c": file.limits.winding.value,
        }
        for signal, value in largest.items():
            assert 1.2 * value / scale[signal] < 32_767, (name, signal)
