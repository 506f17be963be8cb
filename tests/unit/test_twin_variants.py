"""Variant files: what they inherit, and what is said of a bad one."""

from pathlib import Path

import numpy as np
import pytest

from twin.variants import VariantError, load, names
from twin.variants.check import findings
from twin.variants.parameters import parameter_hash

SHIPPED = [
    "bmw-gen5-front",
    "bmw-gen5-performance",
    "bmw-gen5-rear",
    "bmw-gen6-front",
    "bmw-i3",
    "jaguar-ipace",
    "landrover-800v-front",
    "landrover-800v-rear",
    "lea-pmsm",
    "mini-eesm",
]


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text)


def test_shipped_variants_are_listed_and_the_base_is_not() -> None:
    assert names() == SHIPPED


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
    assert names(tmp_path) == sorted([*SHIPPED, "my-i3"])
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
        ('machine_type = "eesm"', r"machine\.field: machine_type 'eesm' needs this table"),
        ('[thermal.heat.gear]\noil = { value = 0.2, unit = "1", source = "xyz" }', r"shares of gear add up to 0\.5"),
        ("[gear\n", r"a\.toml: Expected"),
        ('[machine]\nmax_power = { value = "9", unit = "W", source = "xyz" }', r"machine\.max_power\.value: .*number"),
        ('[machine]\npole_pairs = { value = true, unit = "1", source = "xyz" }', r"pole_pairs\.value: .*number"),
        ('[machine]\npole_pairs = { value = 3.5, unit = "1", source = "xyz" }', r"pole_pairs: .*3\.5 is not a whole"),
        (
            '[thermal.conductance.slot_teeth]\nconductance = { value = -1, unit = "W/K", source = "xyz" }',
            r"a\.toml: thermal\.conductance\.slot_teeth\.conductance: -1 W/K is outside",
        ),
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
    with pytest.raises(VariantError, match=r"no variant 'bmw-i9'; there are: .*bmw-gen5-rear, .*bmw-i3"):
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[thermal.capacity]\nyoke = { value = -4000, unit = "J/K", source = "typo" }',
            r"thermal\.capacity\.yoke: -4000 J/K is outside",
        ),
        (
            '[machine]\nmax_torque = { value = 1400, unit = "Nm", source = "typo" }',
            r"machine\.max_torque: 1400 Nm and a fifth more do not fit signal torque_nm, which ends at 1500",
        ),
        (
            '[telemetry]\nhold_limit = { value = 0.5, unit = "s", source = "fast" }',
            r"telemetry\.hold_limit: 0\.5 s is outside 1 \.\. 8",
        ),
        ("[limits]\nwinding = { value = 165, source = 'no unit' }", r"limits\.winding\.unit: Field required"),
        ('bus = "800V"', r"inverter\.dc_voltage: a bus of 800V has 500 \.\. 950 V"),
        ('inverter_type = "sic"', r"inverter\.switch_voltage, inverter\.diode_voltage: 0 V where"),
        ('gear_type = "planetary"', r"gear\.planets: needed by gear_type 'planetary'"),
        (
            'cooling = "oil_spray"',
            r"thermal\.conductance: cooling 'oil_spray' needs a heat path",
        ),
        ("phases = 4", r"phases: Input should be 3 or 6"),
        (
            '[thermal.conductance.housing_ambient]\nconductance = { value = 0, unit = "W/K", source = "closed" }',
            r"thermal: temperatures do not settle with the pump off",
        ),
        (
            '[machine]\nphase_resistance = { value = 0.5, unit = "ohm", source = "typo" }',
            r"thermal: temperatures do not settle carrying 255 A for ever",
        ),
        (
            '[design]\ndriving_time = { value = 900, unit = "h", source = "typo" }',
            r"design\.driving_time: 222 km/h on average",
        ),
        (
            '[design.torque]\np50 = { value = 0.5, unit = "1", source = "typo" }',
            r"design\.torque: quantiles must not fall",
        ),
        (
            '[lifetime.teeth]\npitting_torque = { value = 100, unit = "Nm", source = "typo" }',
            r"lifetime\.teeth\.pitting_torque: pitting driving would be worn out \d+ times over in design\.distance",
        ),
        (
            '[lifetime.field]\nlife = { value = 20000, unit = "h", source = "typo" }\n'
            'temp = { value = 180, unit = "degC", source = "typo" }\n'
            'activation = { value = 0.9, unit = "eV", source = "typo" }',
            r"lifetime\.field: needed by machine_type 'eesm', and by no other",
        ),
    ],
)
def test_what_cannot_be_is_told_with_file_key_and_reason(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "a", f'name = "a"\ntitle = "x"\nextends = "bmw-i3"\n{text}\n')
    with pytest.raises(VariantError, match=said) as caught:
        load("a", tmp_path)
    assert "a.toml: " in str(caught.value)


def test_a_mistake_in_a_base_names_the_base(tmp_path: Path) -> None:
    write(tmp_path, "base", 'extends = "bmw-i3"\n[gear]\nratio = { value = 90, unit = "1", source = "typo" }\n')
    write(tmp_path, "a", 'name = "a"\ntitle = "x"\nextends = "base"\n')
    with pytest.raises(VariantError, match=r"a\.toml: gear\.ratio: 90 1 is outside 1 \.\. 30 \(said in base\.toml\)"):
        load("a", tmp_path)


def test_a_missing_base_is_told_by_the_file_that_wants_it(tmp_path: Path) -> None:
    write(tmp_path, "a", 'name = "a"\ntitle = "x"\nextends = "nothing"\n')
    with pytest.raises(VariantError, match=r"a\.toml: extends: no variant 'nothing'"):
        load("a", tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
def test_network_is_refused_when_it_makes_heat(name: str) -> None:
    file, parameters = load(name).file, load(name).parameters.copy().view(np.recarray)
    assert list(findings(file, parameters[0])) == []
    parameters[0].edge_w_k[0] = -parameters[0].edge_w_k[0] - 1.0
    keys = {key for key, _ in findings(file, parameters[0])}
    assert keys & {"thermal", "thermal.conductance"}


def test_every_axis_of_the_family_is_in_use() -> None:
    files = [load(name).file for name in SHIPPED]
    for axis, values in {
        "machine_type": {"eesm", "pmsm", "asm"},
        "phases": {3, 6},
        "inverter_type": {"igbt", "sic"},
        "bus": {"400V", "800V"},
        "gear_type": {"offset", "planetary"},
        "cooling": {"jacket", "oil_spray", "rotor_shaft"},
        "mounting": {"front", "rear", "bench"},
    }.items():
        assert {getattr(file, axis) for file in files} == values


def test_the_design_profile_is_a_parameter_since_damage_is_shown_against_it_and_a_title_is_none() -> None:
    file = load("bmw-i3").file
    longer = file.model_copy(update={"design": file.design.model_copy(update={"age": file.design.trips})})
    assert parameter_hash(longer) != parameter_hash(file)
    assert parameter_hash(file.model_copy(update={"title": "another"})) == parameter_hash(file)


@pytest.mark.parametrize("name", names())
def test_a_unit_driven_to_its_design_profile_is_not_worn_out_before_its_time(name: str) -> None:
    variant = load(name)
    parameters = variant.parameters.view(np.recarray)[0]
    worn = parameters.design_per_m * 1e3 * variant.file.design.distance.value
    assert (worn[parameters.wears == 0] == 0.0).all()
    summed = worn[:-1][parameters.wears[:-1] == 1]
    assert (summed > 1e-5).all()
    assert 0.01 < summed.max() <= 1.0
