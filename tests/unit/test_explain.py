"""An explanation is of the very estimate that was published, and its parts add up."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.commands.demo_run import Unheard
from streams.commands.running import run
from streams.explain import HistoryError, moment
from streams.pipeline import Pipeline
from streams.records import Message
from streams.sinks.lake import LakeSink, connect
from streams.sources.fleet import Fleet
from streams.sources.plant import PlantSource
from tests.frames import MAKER, NOON_US, SECOND_US, VARIANT, log, record, value
from twin import variants
from twin.explain import explain
from twin.layout import END_WINDING, NODES, ROTOR
from twin.twin import Twin

UNIT = "unit-1"
AT_US = NOON_US + 150 * SECOND_US
DAY_US = 86_400 * SECOND_US


@pytest.fixture(scope="module")
def twins() -> dict[str, Twin]:
    return {VARIANT: Twin(variants.load(VARIANT))}


def drive() -> list[Message]:
    """Two days of one unit, each 20 frames of ten seconds at 1 Hz; what is asked for lies in the second."""
    starts = [(1, NOON_US - DAY_US), (2, NOON_US)]
    return log(
        [
            record(value(UNIT, sequence, boot=boot, start_us=start_us + (10 * sequence + 1) * SECOND_US))
            for boot, start_us in starts
            for sequence in range(20)
        ]
    )


def archive(folder: Path, twins: dict[str, Twin], batches: Sequence[Sequence[Message]]) -> Path:
    sink = LakeSink(folder, archive_frames=True)
    pipeline = Pipeline(0, MAKER, twins, [sink])
    for batch in batches:
        pipeline.process(batch)
    pipeline.drain()
    sink.flush(10)
    sink.close()
    return folder


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, twins: dict[str, Twin]) -> Path:
    records = drive()
    return archive(tmp_path_factory.mktemp("lake"), twins, [records[:20], *([each] for each in records[20:])])


def test_the_explained_second_ends_with_the_very_estimate_that_was_published(
    lake: Path, twins: dict[str, Twin]
) -> None:
    connection = connect(lake)
    minute_us = NOON_US + 120 * SECOND_US
    found = explain(twins[VARIANT], moment(connection, UNIT, minute_us, twins).step)
    published = connection.execute(
        "SELECT end_winding_temp_c, rotor_temp_c FROM edu_state WHERE time_us = ?", [minute_us]
    ).fetchone()
    assert found.closed_us == minute_us
    assert published == (found.after_c[END_WINDING], found.after_c[ROTOR])
    assert published == (found.published_c[END_WINDING], found.published_c[ROTOR])


def test_the_rotor_of_a_unit_with_a_thermometer_is_explained_as_published(tmp_path: Path) -> None:
    shipped = {"bmw-gen5-rear": Twin(variants.load("bmw-gen5-rear"))}
    sink = LakeSink(tmp_path, archive_frames=True)
    fleet = Fleet(units=1, days=1, variants=("bmw-gen5-rear",))
    run(PlantSource(fleet), shipped, [sink], Unheard())
    connection = connect(tmp_path)
    query = "SELECT unit, time_us, rotor_temp_c, rotor_temp_sd_k FROM edu_state WHERE rotor_nis IS NOT NULL "
    unit, time_us, rotor_c, rotor_sd_k = connection.execute(query + "ORDER BY time_us DESC LIMIT 1").fetchone() or ()
    found = explain(shipped["bmw-gen5-rear"], moment(connection, unit, time_us, shipped).step)
    assert (found.published_c[ROTOR], found.published_sd_k[ROTOR]) == (rotor_c, rotor_sd_k)
    assert sum(found.rotor_parts.values()) == pytest.approx(rotor_c, abs=1e-9)
    assert abs(found.rotor_parts["by_thermometer_k"]) > 0.0


def test_it_begins_at_the_archived_row_of_the_day_and_says_the_same_as_a_whole_life(
    lake: Path, twins: dict[str, Twin], tmp_path: Path
) -> None:
    short = moment(connect(lake), UNIT, AT_US, twins)
    whole = moment(connect(archive(tmp_path, twins, [drive()])), UNIT, AT_US, twins)
    assert short.snapshot_us is not None
    assert NOON_US - DAY_US < short.snapshot_us < NOON_US - DAY_US + 300 * SECOND_US
    assert (short.frames, whole.snapshot_us, whole.frames) == (15, None, 35)
    assert short.step.row.tobytes() == whole.step.row.tobytes()


def test_heat_of_every_node_adds_up_and_flows_between_nodes_are_mutual(lake: Path, twins: dict[str, Twin]) -> None:
    found = explain(twins[VARIANT], moment(connect(lake), UNIT, AT_US, twins).step)
    assert found.running
    flows = found.from_nodes_w
    np.testing.assert_allclose(flows, -flows.T, atol=1e-6)
    parts_w = found.heat_w + flows.sum(axis=1) + found.from_outside_w
    np.testing.assert_allclose(parts_w, found.stored_w, atol=1e-6)
    held_w = twins[VARIANT].variant.parameters["capacity_j_k"][0] * (found.predicted_c - found.before_c)
    np.testing.assert_allclose(held_w, found.stored_w, rtol=0.3, atol=30.0)  # a second's curvature apart


def test_each_sensor_is_credited_with_what_it_alone_changed(lake: Path, twins: dict[str, Twin]) -> None:
    found = explain(twins[VARIANT], moment(connect(lake), UNIT, AT_US, twins).step)
    assert [each.sensor for each in found.corrections] == ["winding"]
    only = found.corrections[0]
    assert only.reading_c == pytest.approx(55.0)
    assert only.used
    assert np.isfinite(only.nis)
    np.testing.assert_allclose(only.nodes_k, found.after_c - found.predicted_c, atol=1e-9)
    assert abs(only.nodes_k[END_WINDING]) > 0.0


def test_the_second_after_a_night_has_no_balance_and_the_next_one_has(lake: Path, twins: dict[str, Twin]) -> None:
    steps = [moment(connect(lake), UNIT, NOON_US + second * SECOND_US, twins).step for second in (1, 2)]
    assert [explain(twins[VARIANT], step).running for step in steps] == [False, True]


@pytest.mark.parametrize(
    ("unit", "at_us", "why"),
    [
        ("unit-9", AT_US, "no raw frames in this lake"),
        (UNIT, NOON_US - 2 * DAY_US, "begin at 2026-02-28T12:00:01"),
        (UNIT, NOON_US - DAY_US + SECOND_US, "not one second"),
    ],
)
def test_what_the_archive_cannot_say_is_said(
    lake: Path, twins: dict[str, Twin], unit: str, at_us: int, why: str
) -> None:
    with pytest.raises(HistoryError, match=why):
        moment(connect(lake), unit, at_us, twins)


def test_a_variant_that_is_not_loaded_is_named(lake: Path, twins: dict[str, Twin]) -> None:
    with pytest.raises(HistoryError, match=f"'{VARIANT}', which is not among those loaded .other.*--variants"):
        moment(connect(lake), UNIT, AT_US, {"other": twins[VARIANT]})


def test_the_command_prints_inputs_losses_balances_and_corrections(lake: Path) -> None:
    asked = ["explain", "--lake", str(lake), "--unit", UNIT, "--at", "2026-03-01T12:02:30"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    for words in ("motor_speed_rpm", "Losses, W", *NODES, "What each reading changed"):
        assert words in shown.stdout
    report = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert report["closed_us"] == AT_US
    assert report["inputs"]["oil_temp_c"] is None
    wrong = CliRunner().invoke(app, [*asked[:-1], "yesterday"])
    assert wrong.exit_code == 2
    assert "is no time" in wrong.stderr
