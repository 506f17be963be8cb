"""A maker's own variants: every verb that runs twins takes them from the same folder in the same way."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app

runner = CliRunner()
NO_SETTINGS: dict[str, str | None] = {name: None for name in os.environ if name.startswith("EDU_TWIN_")}
OWN = 'name = "town-car"\ntitle = "made up"\nextends = "bmw-i3"\nmounting = "front"\n'
MAP = """
maker = "bmw"
variant = "town-car"
start = 2026-01-05T06:00:00Z
time = { column = "t" }
recordings = { prefix = "car" }
[signals]
motor_speed_rpm = { column = "rpm" }
torque_nm = { column = "nm" }
"""


@pytest.fixture
def recording(tmp_path: Path) -> list[str]:
    """Arguments of a replay of five minutes of a unit whose variant is not a shipped one."""
    (tmp_path / "map.toml").write_text(MAP)
    rows = [f"{second},{3000 + second % 60},{40 + second % 7}" for second in range(300)]
    (tmp_path / "drive.csv").write_text("\n".join(["t,rpm,nm", *rows]))
    return ["replay", str(tmp_path / "drive.csv"), "--map", str(tmp_path / "map.toml"), "--json"]


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_replay_runs_a_twin_of_the_makers_own(tmp_path: Path, recording: list[str], by: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "town-car.toml").write_text(OWN)
    option = ["--variants", str(own)] if by == "option" else []
    environment = {"EDU_TWIN_VARIANTS": str(own)} if by == "environment" else {}
    lines = tmp_path / "out.lp"
    done = runner.invoke(app, [*recording, "--lines", str(lines), *option], env=NO_SETTINGS | environment)
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)["records"]) == {"accepted", "tick"}
    assert b",variant=town-car " in lines.read_bytes()


def test_without_the_folder_its_frames_are_refused(tmp_path: Path, recording: list[str]) -> None:
    done = runner.invoke(app, [*recording, "--lines", str(tmp_path / "out.lp")], env=NO_SETTINGS)
    assert json.loads(done.stdout)["records"].get("rejected.unknown_variant")


@pytest.mark.parametrize(
    "arguments",
    [
        "replay plant --units 1 --days 1 --lines {}/x",
        "simulate healthy --days 1 --lake {}/x",
        "demo --units 1 --days 1 --out {}/x",
        "explain --unit u --lake {}",
        "variants list",
    ],
)
def test_a_wrong_variant_is_one_line_and_nothing_is_done(tmp_path: Path, arguments: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "leaky.toml").write_text(OWN.replace("town-car", "leaky") + "[gear]\nratoi = 9\n")
    given = arguments.format(tmp_path).split()
    done = runner.invoke(app, given, env=NO_SETTINGS | {"EDU_TWIN_VARIANTS": str(own)})
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.splitlines()
    assert line == f"edu-twin: {own}/leaky.toml: gear.ratoi: Extra inputs are not permitted"
    assert not list(tmp_path.rglob("*.parquet"))
