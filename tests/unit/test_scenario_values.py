"""What a fleet description may say: every value that cannot be simulated is refused with file, key and reason."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.sources.entries import MACHINE, SIZES
from twin.plant.faults import KINDS

runner = CliRunner()
FLEET = 'title = "x"\nvehicles = [{ model = "i4" }, { model = "i-pace" }]\n'
PUMP = '[[faults]]\nkind = "pump"\n'
NEW = '[[firmware]]\nversion = "1.1"\nday = 0\n'


def refused(tmp_path: Path, text: str, *arguments: str) -> str:
    """The one line that is said; nothing is written."""
    path = tmp_path / "fleet.toml"
    path.write_text(text)
    done = runner.invoke(app, ["simulate", str(path), "--truth", str(tmp_path / "truth"), *arguments])
    assert done.exit_code == 2, done.output
    assert not (tmp_path / "truth").exists()
    (line,) = done.stderr.splitlines()
    return line.removeprefix(f"edu-twin: {path}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = -5", "seed: "),
        ("seed = 18446744073709551616", "seed: "),
        ("start = 1900-01-01", "start: "),
        ("start = 5", "start: "),
        ("days = 100_000", "days: "),
        ("frame_s = 3000\nrate = 10", "frame_s: 30000 samples"),
        (PUMP + "day = inf", "faults.0.day: "),
        (PUMP + "day = nan", "faults.0.day: "),
        (PUMP + "day = 1e300", "faults.0.day: "),
        (PUMP + "day = -1", "faults.0.day: "),
        (PUMP + "ramp_days = -1", "faults.0.ramp_days: "),
        (PUMP + "life_h = -1", "faults.0.life_h: "),
        (PUMP + "life_h = 5", "faults.0.life_h: pump does not wear"),
        (PUMP + "size = -0.1", "faults.0.size: -0.1 is outside 0 .. 0.95"),
        (PUMP + "size = 1.5", "faults.0.size: 1.5 is outside 0 .. 0.95"),
        (PUMP + "size = nan", "faults.0.size: "),
        (PUMP + "batch = 9223372036854775807", "faults.0.batch: "),
        (PUMP + 'variant = "none"', "faults.0.variant: cannot simulate 'none'"),
        (PUMP + "units = [9]", "faults.0: pump: no unit fits"),
        (PUMP * 7, "gen5-rear-000: 7 faults for one unit; at most 6"),
        (PUMP * 6 + NEW, "gen5-rear-000: 7 faults for one unit; at most 6"),
        ('[[faults]]\nkind = "brush_wear"', "faults.0: brush_wear: jaguar-ipace-001 has a pmsm; only a eesm"),
        ('[[faults]]\nkind = "field_short"', "faults.0: field_short: jaguar-ipace-001 has a pmsm; only a eesm"),
        ('[[faults]]\nkind = "demagnetisation"', "faults.0: demagnetisation: gen5-rear-000 has a eesm; only a pmsm"),
        (NEW.replace("day = 0", "day = nan"), "firmware.0.day: "),
        (NEW.replace("1.1", "a=b"), "firmware.0.version: "),
        (NEW.replace("1.1", "a,b"), "firmware.0.version: "),
        (NEW.replace("1.1", "a\\n"), "firmware.0.version: "),
        (NEW.replace("1.1", "1" * 65), "firmware.0.version: "),
        (NEW + 'variant = "none"', "firmware.0.variant: cannot simulate 'none'"),
        (NEW + 'variant = "bmw-i3"', "firmware.0: 1.1: no unit fits"),
        ("[transport]\nlate_minutes = inf", "transport.late_minutes: "),
        ("[transport]\nclock_step_s = inf", "transport.clock_step_s: "),
        ("[transport]\nclock_step_s = 1e12", "transport.clock_step_s: "),
        ("[transport]\nclock_drift_ppm = 1e15", "transport.clock_drift_ppm: "),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_file_key_and_reason(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, FLEET + text).startswith(said)


def test_a_fleet_without_vehicles_is_told_so_whatever_the_maker(tmp_path: Path) -> None:
    assert "the scenario has no vehicles" in refused(tmp_path, 'title = "x"\nvehicles = []\n', "--maker", "bmw")


def test_a_seed_beyond_64_bits_is_refused_as_an_option_too() -> None:
    done = runner.invoke(app, ["simulate", "healthy", "--truth", "/nowhere", "--seed", str(1 << 64)])
    assert done.exit_code == 2
    assert "--seed" in done.stderr


def test_every_kind_has_a_range_and_its_usual_size_is_inside() -> None:
    assert set(SIZES) == set(KINDS) > set(MACHINE)
    for kind, (low, high) in SIZES.items():
        assert low < KINDS[kind][1] < high


@pytest.mark.parametrize(
    "arguments",
    [
        "simulate healthy --days 1 --files",
        "simulate healthy --days 1 --truth",
        "simulate healthy --days 1 --lake",
        "replay plant --days 1 --units 1 --lake",
        "demo --out",
    ],
)
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "file").touch()
    done = runner.invoke(app, [*arguments.split(), str(tmp_path / "file" / "x")])
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.splitlines()
    assert line == f"edu-twin: {arguments.split()[-1]} {tmp_path}/file/x: Not a directory"


def test_telemetry_and_truth_do_not_overwrite_each_other(tmp_path: Path) -> None:
    done = runner.invoke(
        app, ["simulate", "healthy", "--files", str(tmp_path), "--truth", f"{tmp_path}/../{tmp_path.name}"]
    )
    assert done.exit_code == 2
    assert "--files and --truth" in done.stderr
    assert not list(tmp_path.iterdir())


def test_no_broker_is_told_by_the_option_that_names_it() -> None:
    done = runner.invoke(app, ["simulate", "healthy", "--days", "1", "--kafka", "nonsense"])
    assert done.exit_code in (2, 3)
    assert "--kafka" in done.stderr
    assert "--brokers" not in done.stderr
