"""``edu-twin variants``: what a person and a machine are told about variants."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from tests.unit.test_cli import edu_twin
from twin.variants import names

runner = CliRunner()


def told(*arguments: str) -> str:
    done = runner.invoke(app, ["variants", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "town-car.toml").write_text(
        'name = "town-car"\ntitle = "made up"\nextends = "bmw-i3"\nmounting = "front"\n'
        '[gear]\nratio = { value = 10.5, unit = "1", source = "made up" }\n'
    )
    return tmp_path


def test_list_names_every_variant_with_its_choices() -> None:
    lines = told("list").splitlines()
    assert [line.split()[0] for line in lines[1:]] == names()
    machines = json.loads(told("list", "--json"))
    assert {line["name"]: line["machine_type"] for line in machines}["bmw-gen6-front"] == "asm"


def test_show_says_where_each_number_comes_from(own: Path) -> None:
    shown = json.loads(told("show", str(own / "town-car.toml"), "--json"))
    assert shown["values"]["gear.ratio"] == {"value": 10.5, "unit": "1", "source": "made up", "file": "town-car.toml"}
    assert shown["values"]["machine.pole_pairs"]["file"] == "bmw-i3.toml"
    assert shown["values"]["thermal.parked"]["file"] == "shared.toml"
    assert 0.02 < shown["winding_to_coolant_k_w"] < 0.04
    assert len(shown["time_constants_s"]) == 8
    assert "gear.ratio" in told("show", "town-car", "--variants", str(own))


def test_check_finds_all_shipped_variants_good(own: Path) -> None:
    assert [line.split(":")[0] for line in told("check").splitlines()] == names()
    assert told("check", str(own / "town-car.toml")).startswith("town-car: good")


def test_check_tells_file_key_and_reason_of_a_wrong_one(own: Path) -> None:
    path = own / "worse.toml"
    path.write_text('name = "worse"\ntitle = "x"\nextends = "town-car"\n[gear]\nratoi = 9\n')
    done = runner.invoke(app, ["variants", "check", "bmw-i3", str(path)])
    assert done.exit_code == 2
    assert f"{path}: gear.ratoi: Extra inputs are not permitted" in done.stdout
    assert "1 of the variants cannot be used" in done.stderr


BROKEN = {"syntax": b'name = "broken', "bytes": b'name = "\xff\xfe"', "folder": None}


def broken(folder: Path, content: bytes | None) -> Path:
    path = folder / "broken.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_one_finding_beside_the_good_ones(own: Path, content: bytes | None) -> None:
    path = broken(own, content)
    done = runner.invoke(app, ["variants", "check", "--variants", str(own)])
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.stdout.splitlines() if ": good (" not in line]
    assert line.startswith(f"{path}: ")
    assert "town-car: good" in done.stdout
    assert done.stderr == "edu-twin: 1 of the variants cannot be used\n"


@pytest.mark.parametrize("content", [*BROKEN.values(), b"none"], ids=[*BROKEN, "missing folder"])
@pytest.mark.parametrize(
    "verb",
    ["variants list", "variants check", "simulate healthy --days 1 --lake {}/x", "replay plant --lines {}/x", "demo"],
)
def test_every_verb_says_in_one_line_what_it_cannot_read(tmp_path: Path, verb: str, content: bytes | None) -> None:
    folder = tmp_path / "own"
    at = folder
    if content != b"none":
        folder.mkdir()
        at = broken(folder, content)
    done = runner.invoke(app, [*verb.format(tmp_path).split(), "--variants", str(folder)])
    assert done.exit_code == 2, done.output
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if str(at) in line]
    assert line.removeprefix("edu-twin: ").startswith(f"{at}: ")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["show", "bmw-i9"], "no variant 'bmw-i9'"), (["diff", "bmw-i3", "none.toml"], "none.toml: no such file")],
)
def test_unknown_variant_is_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = runner.invoke(app, ["variants", *arguments])
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_diff_shows_what_differs_and_nothing_else(own: Path) -> None:
    changes = json.loads(told("diff", "bmw-i3", str(own / "town-car.toml"), "--json"))
    assert changes == {"mounting": ["rear", "front"], "gear.ratio": ["9.665 1", "10.5 1"]}
    assert json.loads(told("diff", "bmw-i3", "bmw-i3", "--json")) == {}


def test_worker_refuses_to_start_with_a_wrong_variant(tmp_path: Path) -> None:
    path = tmp_path / "leaky.toml"
    path.write_text(
        'name = "leaky"\ntitle = "x"\nextends = "bmw-i3"\n'
        '[thermal.capacity]\noil = { value = -1, unit = "J/K", source = "typo" }\n'
    )
    done = edu_twin("worker", EDU_TWIN_MAKER="bmw", EDU_TWIN_VARIANTS=str(tmp_path))
    assert done.returncode == 2
    assert f"{path}: thermal.capacity.oil: -1 J/K is outside 100 .. 1e+06" in done.stderr
    assert "Traceback" not in done.stderr
