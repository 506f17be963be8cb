"""Identification of the thermal network: a bench made of known numbers gives them back, and says what it cannot."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from streams.cli import app
from tests import drives
from tests.held import hold_all_but
from twin.identify import free, solve, with_values
from twin.identify.open_loop import Bench, bench, changed, run, weights
from twin.identify.thermal import Temperatures, errors_k
from twin.layout import NODES
from twin.variants import load

TRUTH = {"thermal.capacity.rotor": 12_000.0, "thermal.conductance.slot_yoke.resistance": 0.034}
MEASURED = ("rotor", "yoke", "teeth", "winding")
MAP = """\
maker = "lab"
variant = "lea-pmsm"
start = 2026-01-05T06:00:00Z
time = { column = "t" }
[signals]
motor_speed_rpm = { column = "n" }
torque_nm = { column = "torque" }
i_d_a = { column = "i_d" }
i_q_a = { column = "i_q" }
coolant_in_temp_c = { column = "coolant" }
ambient_temp_c = { constant = 22.0 }
"""
NODES_OF_MAP = "[measured]\n" + "".join(f'{name} = {{ column = "{name}" }}\n' for name in MEASURED)


@cache
def recorded(seconds: int = 3_000) -> Bench:
    """A run of load steps, its temperatures made by the twin with the true numbers."""
    t = np.arange(seconds, dtype=float)
    loaded = (t % 900) < 600
    signals = {
        "motor_speed_rpm": np.where(loaded, 4_500.0, 1_500.0),
        "torque_nm": np.where(loaded, 70.0, 10.0),
        "i_d_a": np.where(loaded, -180.0, -10.0),
        "i_q_a": np.where(loaded, 120.0, 30.0),
        "coolant_in_temp_c": np.full(seconds, 20.0),
        "ambient_temp_c": np.full(seconds, 22.0),
    }
    variant = load("lea-pmsm")
    true = changed(variant, with_values(variant.file, TRUTH))
    start = {name: np.full(seconds, 20.0) for name in MEASURED}
    made = bench("made", drives.times(seconds, hz=1.0), signals, start)
    _, temps_c = run(true, made)
    return bench("made", made.times_us, signals, {name: temps_c @ weights(true, name) for name in MEASURED})


def test_open_loop_of_the_true_numbers_has_no_error_and_takes_no_correction() -> None:
    variant = load("lea-pmsm")
    true = changed(variant, with_values(variant.file, TRUTH))
    made = recorded()
    misled = made.samples.copy()
    misled["winding_temp_c"] = 150.0
    for samples in (made.samples, misled):
        found = errors_k(true, Bench("made", made.times_us, samples, made.measured_c), 10.0)
        assert max(np.max(np.abs(error_k)) for error_k in found.values()) < 1e-9


def test_a_column_that_begins_without_a_number_starts_at_its_first_one() -> None:
    seconds = 5
    yoke_c = np.array([np.nan, np.nan, 60.0, 60.1, 60.2])
    signals = {"motor_speed_rpm": np.zeros(seconds), "coolant_in_temp_c": np.array([np.nan, 20.0, 20.0, 20.0, 20.0])}
    _, temps_c = run(
        load("lea-pmsm"),
        bench("late", drives.times(seconds, hz=1.0), signals, {"yoke": yoke_c, "rotor": np.full(seconds, np.nan)}),
    )
    assert dict(zip(NODES, temps_c[0], strict=True)) == {**dict.fromkeys(NODES, 20.0), "yoke": 60.0}
    assert temps_c[-1, NODES.index("yoke")] == pytest.approx(60.0, abs=1.0)
    nothing = bench("nothing", drives.times(seconds, hz=1.0), {}, {"yoke": np.full(seconds, np.nan)})
    with pytest.raises(ValueError, match="nothing: no temperature to start at"):
        run(load("lea-pmsm"), nothing)


def test_known_numbers_come_back_and_what_is_not_seen_is_not_claimed() -> None:
    variant = load("lea-pmsm")
    numbers = free(variant.file, (*TRUTH, "thermal.capacity.oil"), sd=0.3)
    target = Temperatures(variant, [recorded()])
    fit = solve(numbers, target, errors=target.errors)
    known = dict(zip((number.key for number in fit.free), fit.identified, strict=True))
    assert known == {**dict.fromkeys(TRUTH, True), "thermal.capacity.oil": False}
    for key, value in TRUTH.items():
        assert fit.by_key()[key] == pytest.approx(value, rel=0.02)


def test_command_writes_a_variant_that_says_where_it_comes_from(tmp_path: Path) -> None:
    made = recorded()
    columns = {"t": (made.times_us - made.times_us[0]) / 1e6, "n": made.samples["motor_speed_rpm"]}
    columns |= {"torque": made.samples["torque_nm"], "coolant": made.samples["coolant_in_temp_c"]}
    columns |= {"i_d": made.samples["i_d_a"], "i_q": made.samples["i_q_a"], **made.measured_c}
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    (tmp_path / "lab.toml").write_text(MAP + NODES_OF_MAP)
    out = tmp_path / "lab-motor.toml"
    own = tmp_path / "own"
    hold_all_but(own / "lab.toml", "lea-pmsm", (*TRUTH, "thermal.capacity.oil", "machine.rotor_iron.speed"))
    command = ["identify", str(tmp_path / "made.parquet"), "--map", str(tmp_path / "lab.toml"), "--out", str(out)]
    result = CliRunner().invoke(app, [*command, "--variants", str(own), "--variant", "lab", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    before, after = report["errors"]["fitted"]
    assert after["mse_k2"] < 0.2 * before["mse_k2"]
    by_key = {number["key"]: number for number in report["numbers"]}
    assert by_key["thermal.conductance.slot_yoke.resistance"]["identified"]
    assert not by_key["thermal.capacity.oil"]["identified"]
    text = out.read_text()
    assert "made.parquet, 3000 rows (sha256 " in text
    assert "capacity.oil" not in text
    out.rename(own / "lab-motor.toml")
    fitted = load("lab-motor", own)
    quantity = fitted.file.thermal.conductance["slot_yoke"].resistance  # type: ignore[union-attr]
    assert quantity.value == pytest.approx(0.034, rel=0.1)
    assert "before 0.0375" in quantity.source
    assert quantity.sd == pytest.approx(by_key["thermal.conductance.slot_yoke.resistance"]["posterior_sd"], rel=0.01)


def test_a_bench_too_slow_for_the_twin_is_refused_without_the_command_too() -> None:
    made = recorded()
    slow = Bench("slow", made.times_us * 7, made.samples, made.measured_c)
    with pytest.raises(ValueError, match=r"slow: rows are 7 s apart.*extends lea-pmsm with a longer"):
        Temperatures(load("lea-pmsm"), [slow])


def test_mistakes_are_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bare.toml").write_text(MAP)
    (tmp_path / "lab.toml").write_text(MAP + NODES_OF_MAP)
    for name, apart_s, rotor_c in (("slow", 10.0, 20.0), ("good", 1.0, 20.0), ("empty", 1.0, np.nan)):
        columns = dict.fromkeys(("n", "torque", "i_d", "i_q", "coolant"), np.full(60, 20.0))
        columns |= {"t": np.arange(60) * apart_s, **dict.fromkeys(MEASURED, np.full(60, rotor_c))}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    lab = ["--map", str(tmp_path / "lab.toml")]
    slow, good, empty = (str(tmp_path / f"{name}.parquet") for name in ("slow", "good", "empty"))
    for arguments, reason in (
        (
            [slow, *lab],
            "slow: rows are 10 s apart, hold_limit is 5 s: the twin would take each interval for a gap; resample",
        ),
        ([good, *lab, "--judge", slow], "slow: rows are 10 s apart"),
        ([empty, *lab], "empty: no number in any measured temperature (rotor, teeth, winding, yoke)"),
        ([good, *lab, "--judge", empty], "empty.parquet: no number in any measured temperature"),
        (["nowhere.parquet", "--map", str(tmp_path / "lab.toml")], "no such file or folder"),
        (["nowhere.parquet", "--map", str(tmp_path / "bare.toml")], "nothing to fit to"),
        (["nowhere.parquet", "--map", str(tmp_path / "lab.toml"), "--variant", "nobody"], "no variant 'nobody'"),
    ):
        result = CliRunner().invoke(app, ["identify", *arguments])
        assert result.exit_code == 2
        assert reason in " ".join(result.stderr.split())
