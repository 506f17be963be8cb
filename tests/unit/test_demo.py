"""The demo: a fleet in the terminal, a picture and a lake, the same each time, without a server."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams import log_files
from streams.cli import app
from streams.commands import demo_fleet
from streams.commands.demo_alerts import DAY_S, compare
from streams.commands.demo_fleet import Estimate, Summary
from streams.commands.demo_picture import colours_of
from streams.commands.demo_run import parts_of
from streams.commands.demo_scenario import scenario
from streams.commands.demo_stage import END, Stage
from streams.commands.demo_table import WIDTH, found, show, show_faults, told_of
from streams.sinks.lake import connect
from twin.variants import names

runner = CliRunner()


def demo(out: Path, *arguments: str) -> dict[str, object]:
    done = runner.invoke(
        app, ["demo", "--units", "3", "--days", "1", "--out", str(out), "--no-serve", "--json", *arguments]
    )
    assert done.exit_code == 0, done.output
    report: dict[str, object] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    out = tmp_path_factory.mktemp("demo") / "out"
    return out, demo(out)


def test_every_unit_of_both_variants_is_summarised_with_uncertainty_and_truth(
    shown: tuple[Path, dict[str, object]],
) -> None:
    _, report = shown
    fleet = report["fleet"]
    assert isinstance(fleet, list)
    variants = {line["variant"] for line in fleet}
    assert {"bmw-i3", "bmw-gen5-rear"} <= variants | {"bmw-i3"}
    assert len(variants) >= 2
    assert len(fleet) == 3
    for line in fleet:
        assert 5.0 < line["distance_km"] < 300.0
        assert 0.85 < line["efficiency"]["value"] < 0.96
        assert 0.85 < line["efficiency"]["truth"] < 0.96
        assert 0.0 < line["efficiency"]["sd"] < 0.03
        assert set(line["temps"]) == {"end_winding", "rotor", "oil"}
        for estimate in line["temps"].values():
            assert 10.0 < estimate["truth"] < 150.0
            assert estimate["sd"] > 0.0
            assert abs(estimate["value"] - estimate["truth"]) < 25.0
        assert abs(line["temps"]["end_winding"]["value"] - line["temps"]["end_winding"]["truth"]) < 6.0


def test_the_lake_holds_every_point_and_the_picture_is_a_picture(shown: tuple[Path, dict[str, object]]) -> None:
    out, report = shown
    points = report["points"]
    assert isinstance(points, dict)
    for measurement, number in points.items():
        assert connect(out / "lake").execute(f"SELECT count(*) FROM {measurement}").fetchone() == (number,)
    pixels = matplotlib.image.imread(out / "fleet.png")
    assert pixels.shape[0] > 700
    assert pixels.shape[1] > 1200
    assert len(np.unique(pixels[..., 0])) > 50, "something is drawn"


def test_the_page_is_served_while_the_fleet_drives_and_after(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams.cli", "demo", "--units", "2", "--days", "2", "--out", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"EDU_TWIN_SERVE__PORT": "0"}
    ) as process:
        assert process.stdout
        address = process.stdout.readline().split()[1]
        with urllib.request.urlopen(f"{address}v1/live") as live:
            events = iter(live.readline, b"")
            seen = [json.loads(line[6:])["units"] for line in islice(events, 2) if line.startswith(b"data:")]
            assert seen == [0], "it is there before the first unit"
            assert any(line == b"event: twin\n" for line in events)
            assert process.poll() is None
            told = next(line for line in process.stdout if line.startswith("page"))
            assert told.split()[1] == address, "the same page stays after"
        units: list[Any] = []
        deadline = time.monotonic() + 20
        while len(units) < 2 and time.monotonic() < deadline:  # the page looks for news every two seconds
            with urllib.request.urlopen(f"{address}v1/twins") as answer:
                units = json.load(answer)["items"]
        process.terminate()
        assert process.wait(20) == 0
    assert len(units) == 2
    assert all(unit["plant"] for unit in units)
    assert len(log_files.read(tmp_path / "fleet.jsonl")) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_no_process_of_a_demo_outlives_it(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams.cli", "demo", "--units", "4", "--days", "400", "--out", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--no-serve"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=hear_all
    ) as process:
        try:
            assert within_s(120, lambda: len(children(process.pid)) > 2), "two that work, one that cleans up after them"
            started = children(process.pid)
            process.send_signal(number)
            code = process.wait(20)
        finally:
            process.kill()
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert within_s(10, lambda: not any(map(lives, started)))


def hear_all() -> None:
    """Who is started in the background is deaf to Ctrl-C, and so is what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def within_s(seconds: float, happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_taken_port_is_noticed_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        monkeypatch.setenv("EDU_TWIN_SERVE__PORT", port)
        done = runner.invoke(app, ["demo", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert port in done.stderr
    assert "give another port" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_fleet_stage_hears_days_in_one_order_whoever_is_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = scenario(4, 2, 1, names()).plans()[0]
    told = [(0, 1), (0, 2), (0, END), (1, 2), (1, END)]
    orders = []
    for turn in (told, [told[0], *told[3:], *told[1:3]], [*told[3:], *told[:3]]):
        stage, heard = Stage(plan, 2), list[object]()
        monkeypatch.setattr(stage, "_take", heard.append)
        for partition, day in turn:
            stage.hear(partition, day, [(partition, day)])  # type: ignore[list-item]
        orders.append(heard)
    assert orders[0] == [[(0, 1)], [(0, 2)], [(1, 2)], [(0, END)], [(1, END)]]
    assert orders[1:] == orders[:1] * 2


def test_a_maker_s_units_drive_at_the_same_time() -> None:
    parts = parts_of(scenario(60, 45, 1, names()).plans(), 2)
    assert [(plan.maker, number) for plan, number in parts] == [("bmw", 0), ("bmw", 1), ("jlr", 0), ("jlr", 1)]
    assert sum(len(plan.units) for plan, _ in parts) == 60


def test_every_shipped_variant_has_its_own_colour_and_more_variants_still_have_one() -> None:
    assert len(set(colours_of(names()).values())) == len(names())
    many = [f"own-{number}" for number in range(25)]
    assert list(colours_of(many)) == many


def test_the_same_seed_gives_the_same_fleet_and_another_seed_another(
    shown: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    out, report = shown
    assert demo(tmp_path / "same")["fleet"] == report["fleet"]
    assert (tmp_path / "same" / "fleet.png").read_bytes() == (out / "fleet.png").read_bytes()
    assert demo(tmp_path / "other", "--seed", "2")["fleet"] != report["fleet"]


def test_a_demo_replaces_what_a_demo_left_and_touches_no_other_lake(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    first, second = demo(mine), demo(mine, "--units", "2")
    assert first["points"] != second["points"]
    assert connect(mine / "lake").execute("SELECT count(DISTINCT unit) FROM edu_trip").fetchone() == (2,)
    (other / "lake").mkdir(parents=True)
    (other / "lake" / "precious").touch()
    done = runner.invoke(app, ["demo", "--out", str(other)])
    assert done.exit_code == 2
    assert "is not empty" in done.stderr
    assert (other / "lake" / "precious").exists()


def test_the_table_fits_a_terminal_and_says_validity() -> None:
    estimate = Estimate(0.912, 0.007, 0.911)
    temps = {name: Estimate(101.24, 1.56, 140.0) for name in ("end_winding", "rotor", "oil")}
    line = Summary("gen5-rear-000", "bmw", "bmw-gen5-rear", 1234.0, estimate, temps, "valid")
    text = io.StringIO()
    faulty = replace(line, unit="gen5-rear-002", validity="no_coolant_temp", fault="winding_sensor+software")
    alerted = replace(faulty, unit="gen5-rear-004", alerts=("winding_sensor_rejected",))
    updated = replace(line, unit="ipace-001", maker="jlr", variant="jaguar-ipace", fault="software")
    show([updated, line, faulty, alerted], Console(file=text, width=WIDTH))
    assert "91.2±0.7 91.1" in text.getvalue()
    assert "101.2±1.6 140.0" in text.getvalue()
    assert "no_coolant_temp" in text.getvalue()
    assert text.getvalue().index("bmw: bmw-gen5-rear") < text.getvalue().index("jlr: jaguar-ipace")
    for words in ("winding_sensor", "software", "winding_sensor_rejected"):
        assert words in text.getvalue().split()
    assert "alerts from 1 of 2 units with a seeded fault and 0 of 2 others" in text.getvalue()
    assert "…" not in text.getvalue()


def test_a_unit_without_an_efficiency_has_a_dash_and_the_reason() -> None:
    temps = {name: Estimate(101.24, 1.56, 140.0) for name in ("end_winding", "rotor", "oil")}
    nothing = Estimate(float("nan"), float("nan"), 0.845)
    line = Summary("i3-000", "bmw", "bmw-i3", 9.0, nothing, temps, "valid", efficiency_validity="below_power_floor")
    text = io.StringIO()
    show([line], Console(file=text, width=WIDTH))
    assert "- below_power_floor" in text.getvalue()
    assert "nan" not in text.getvalue()


def test_what_a_report_does_not_know_is_null(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing = Estimate(float("nan"), float("nan"), 0.845)
    monkeypatch.setattr(demo_fleet, "_efficiency", lambda trips, truth: nothing)
    line = demo(tmp_path)["fleet"][0]  # type: ignore[index]
    assert line["efficiency"] == {"value": None, "sd": None, "truth": 0.845}


def test_faults_and_what_people_were_told_stand_side_by_side() -> None:
    plan = scenario(60, 45, 1, names()).plans()[0]
    faulty = [unit for unit in plan.units if any(fault.kind != "software" for fault in unit.faults)]
    sound = [unit for unit in plan.units if unit not in faulty]
    first = plan.start_s // DAY_S
    told = [
        alert(sound[0].name, first + 30, "opened", "watch", "unexplained"),
        alert(faulty[0].name, first + 28, "opened", "watch", "cooling_loss"),
        alert(faulty[0].name, first + 31, "updated", "ticket", "pump"),
        alert(faulty[0].name, first + 40, "resolved", "ticket", "pump"),
    ]
    lines = compare(plan, told)
    assert [line.subject for line in lines] == [unit.name for unit in faulty] + [sound[0].name]
    assert (lines[0].severity, lines[0].diagnosis, lines[0].after_days) == ("ticket", "pump", 31 - lines[0].begins)
    assert {line.severity for line in lines[1:-1]} == {""}
    assert (lines[-1].fault, lines[-1].severity) == ("", "watch")
    seeded = len(faulty)
    expected = f"fleet stage: 1 of {seeded} seeded faults; of {60 - seeded} other units 0 page, 0 ticket, 1 watch"
    assert told_of(lines, 60) == expected
    text = io.StringIO()
    show_faults(lines, 60, Console(file=text, width=WIDTH))
    assert "not found" in text.getvalue()
    assert "…" not in text.getvalue()


def alert(subject: str, day: int, transition: str, severity: str, diagnosis: str) -> FleetAlert:
    """One transition; what the table does not show is left blank."""
    return FleetAlert(
        id=f"{subject}/{transition}/{day}",
        alert_id=subject,
        maker="bmw",
        subject=subject,
        is_cohort=False,
        transition=FleetTransition(transition),
        day=day,
        opened_day=day,
        severity=severity,
        detector="change",
        shadow=False,
        diagnosis=diagnosis,
        probability=1.0,
        evidence_for=[],
        evidence_against=[],
        check="",
        changes=[],
        statistic=9.0,
        limit=8.0,
        window_from_day=day,
        members=1,
        model_version="1",
        rules_version="1",
    )


def test_an_alert_that_names_no_fault_is_told_apart() -> None:
    estimate = Estimate(0.912, 0.007, 0.911)
    line = Summary("i3-000", "bmw", "bmw-i3", 9.0, estimate, {}, "valid", "resolver_offset", ("variant_mismatch",))
    named = replace(line, alerts=("variant_mismatch", "winding_over_temp"))
    sound = replace(line, fault="", alerts=())
    assert found([line, named, sound]) == (
        "alerts from 2 of 2 units with a seeded fault (1 of them variant_mismatch alone, which names no fault)"
        " and 0 of 1 others"
    )


def test_the_default_fleet_has_two_makers_three_main_variants_and_one_vehicle_of_each_other() -> None:
    plans = scenario(60, 45, 1, names()).plans()
    counts = Counter(unit.machine.name for plan in plans for unit in plan.units)
    makers = {plan.maker: {unit.machine.name for unit in plan.units} for plan in plans}
    assert sum(counts.values()) == 60
    assert set(makers) == {"bmw", "jlr"}
    assert not makers["bmw"] & makers["jlr"]
    assert {variant for variant, number in counts.items() if number > 1} == {"bmw-gen5-rear", "jaguar-ipace", "bmw-i3"}
    assert set(counts) == set(names()) - {"lea-pmsm"}
    assert len({fault.kind for plan in plans for unit in plan.units for fault in unit.faults}) >= 10
