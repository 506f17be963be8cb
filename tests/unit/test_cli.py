"""The command line: what a user meets when something is wrong, and what a machine gets."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.commands.errors import UserError

runner = CliRunner()
NO_SETTINGS: dict[str, str | None] = {name: None for name in os.environ if name.startswith("EDU_TWIN_")}


def edu_twin(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, timeout=240)


def test_help_names_every_verb_and_the_exit_codes() -> None:
    done = runner.invoke(app, ["--help"])
    assert done.exit_code == 0
    for word in ("setup", "worker", "publish", "replay", "demo", "lake", "stack", "Exit codes"):
        assert word in done.output


@pytest.mark.parametrize(
    "verb", [["setup"], ["worker"], ["publish"], ["replay"], ["demo"], ["stack"], ["stack", "up"], ["lake", "compact"]]
)
def test_every_verb_has_help(verb: list[str]) -> None:
    done = runner.invoke(app, [*verb, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.output


def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = ("numba", "faust", "kafka", "matplotlib", "duckdb", "pyarrow")
    script = f"import sys, streams.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_is_printed() -> None:
    done = runner.invoke(app, ["--version"])
    assert done.exit_code == 0
    assert done.output.startswith("edu-twin ")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["replay", "trips", "--lines", "x"], 2, "say how to read it with --map"),
        (["replay", "trips", "--map", "bmw-i3-trips"], 2, "say where results go"),
        (["replay", "trips", "--map", "bmw-i3-trips", "--lines", "x"], 2, "trips: no such file or folder"),
        (["replay", "trips", "--map", "nothing.toml", "--lines", "x"], 2, "map nothing.toml: No such file"),
        (["replay", "plant", "--lines", "no/such/folder/x"], 2, "--lines no/such/folder/x: No such file"),
        (["replay", "plant", "--lake", "/proc/lake"], 2, "--lake /proc/lake: No such file"),
        (["replay", "plant", "--influx", "notaurl"], 2, "--influx: 'notaurl' is not a URL like"),
        (["publish", "plant", "--maker", "a b"], 2, "maker 'a b'"),
        (["publish", "plant", "--units", "1", "--brokers", ","], 2, "--brokers: no broker is named"),
        (["publish", "plant", "--units", "1", "--brokers", "127.0.0.1:1"], 3, "no Kafka broker answers at 127.0.0.1:1"),
        (["demo", "--units", "0"], 2, "units"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_what_a_user_can_mend_is_said_in_one_line_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("streams.commands.publish.CONNECT_TIMEOUT_MS", 500)
    done = runner.invoke(app, arguments)
    assert done.exit_code == code
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert done.stdout == ""


@pytest.mark.parametrize("verb", ["worker", "setup"])
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "edu-twin: EDU_TWIN_MAKER: must be set\n"),
        (
            {"EDU_TWIN_MAKER": "bmw", "EDU_TWIN_BROKERS": ""},
            "edu-twin: EDU_TWIN_BROKERS: no broker is named: give host:port, several with commas\n",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_with_the_variable(verb: str, environment: dict[str, str], said: str) -> None:
    done = runner.invoke(app, [verb], env=NO_SETTINGS | environment)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", said)


def test_a_worker_without_a_broker_says_one_line() -> None:
    done = edu_twin("worker", EDU_TWIN_MAKER="bmw", EDU_TWIN_BROKERS="127.0.0.1:1", EDU_TWIN_START_TIMEOUT_S="1")
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("edu-twin: no Kafka broker answers at 127.0.0.1:1 within 1 s: check EDU_TWIN_BROKERS")


@pytest.mark.parametrize(
    ("option", "environment", "maker"),
    [(["--maker", "mini"], {"EDU_TWIN_MAKER": "jlr"}, "mini"), ([], {"EDU_TWIN_MAKER": "jlr"}, "jlr"), ([], {}, "bmw")],
)
def test_the_maker_is_that_of_the_option_then_the_environment_then_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str], environment: dict[str, str], maker: str
) -> None:
    made: list[str] = []

    def note(source: Any, *_: object, **_options: object) -> None:
        made.append(source.maker)
        raise UserError("seen")

    monkeypatch.setattr("streams.commands.running.run", note)
    arguments = ["replay", "plant", "--units", "1", "--days", "1", "--lines", str(tmp_path / "x"), *option]
    assert runner.invoke(app, arguments, env=NO_SETTINGS | environment).exit_code == 2
    assert made == [maker]


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("streams.commands.replay.open_source", broken)
    done = runner.invoke(app, ["replay", "plant", "--lines", "x"])
    assert done.exit_code == 1
    assert isinstance(done.exception, ZeroDivisionError)


def test_a_replay_gives_machines_one_json_object_and_keeps_progress_off_stdout(tmp_path: Path) -> None:
    lines = tmp_path / "results.lp"
    done = edu_twin("replay", "plant", "--units", "2", "--days", "1", "--lines", str(lines), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["units"] == 2
    assert report["points"]["edu_trip"] == 4
    assert len(lines.read_bytes().splitlines()) == sum(report["points"].values())
    assert "frames" in done.stderr


def test_a_replay_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("first", "second")]
    for file in files:
        done = edu_twin("replay", "plant", "--units", "2", "--days", "1", "--seed", "4", "--lines", str(file))
        assert done.returncode == 0, done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 10_000


def test_int16_frames_change_results_by_less_than_their_steps_allow(tmp_path: Path) -> None:
    energy_wh = {}
    for form in ("float32", "int16"):
        lake = tmp_path / form
        done = edu_twin("replay", "plant", "--units", "1", "--days", "1", "--form", form, "--lake", str(lake), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["out_of_int16_range"] == {}
        from streams.sinks.lake import connect

        rows = connect(lake).execute("SELECT drive_energy_wh FROM edu_trip ORDER BY time_us").fetchall()
        energy_wh[form] = [row[0] for row in rows]
    assert len(energy_wh["int16"]) == 2
    assert energy_wh["int16"] == pytest.approx(energy_wh["float32"], rel=1e-3)
    assert energy_wh["int16"] != energy_wh["float32"], "the option must have an effect"


def test_no_color_is_honoured(tmp_path: Path) -> None:
    done = edu_twin("publish", "plant", "--units", "x", NO_COLOR="1", FORCE_COLOR="1")
    assert done.returncode == 2
    assert "\x1b[3" not in done.stderr


def test_help_is_quick() -> None:
    edu_twin("--help")
    began_s = time.perf_counter()
    assert edu_twin("--help").returncode == 0
    assert time.perf_counter() - began_s < 5.0  # 0.3 s alone; other tests may have the processor
