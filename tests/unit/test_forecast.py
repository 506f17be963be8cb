"""``edu-twin forecast``: from day parts and service events to remaining life, in figures and as a picture."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from schemas.components import Component
from streams.cli import app
from streams.forecast import peers, units
from streams.sinks.lake import connect
from streams.sinks.lake.tables import TABLES
from twin.fleet.designs import Designs
from twin.layout import DAY_US

runner = CliRunner()
FIRST_DAY = 20_000
DAYS = 40


def day_parts(unit: str, variant: str = "bmw-gen5-rear", oil: float = 1e-5) -> list[dict[str, Any]]:
    """Forty days of 60 km; every second day came in two parts."""
    rows = []
    for day in range(FIRST_DAY, FIRST_DAY + DAYS):
        parts = 1 + day % 2
        for part in range(parts):
            wear = np.zeros(len(Component) - 1)
            wear[Component.OIL] = oil / parts
            rows.append(
                {
                    "maker": "bmw", "unit": unit, "variant": variant, "time_us": day * DAY_US + part, "day": day,
                    "part": part, "segment": 1, "distance_m": 60_000.0 / parts, "driving_s": 5_400.0 / parts,
                    "wear": wear.tolist(), "offset": len(rows),
                }
            )  # fmt: skip
    return rows


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    rows = [*day_parts("worn", oil=1e-3), *day_parts("fresh"), *day_parts("other", "mini-eesm")]
    folder = tmp_path / "lake" / "day_parts"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=TABLES["day_parts"].schema), folder / "a.parquet")
    return tmp_path / "lake"


def forecast(lake: Path, unit: str, *options: str) -> Any:
    done = runner.invoke(app, ["forecast", "--lake", str(lake), "--unit", unit, "--json", *options])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["components"]


@pytest.fixture
def worn_cooling(lake: Path) -> Path:
    """The unit's conductance falls by 20 % in its forty days; its software changed on the way, by which it jumped."""
    rows = []
    for k in range(DAYS):
        day, segment = FIRST_DAY + k, 1 + (k >= 20)
        value = 1.4 * (1.0 - 0.2 * k / (DAYS - 1)) * (1.0, 0.6)[segment - 1] * (1.0 + 0.01 * (-1) ** k)
        rows.append(
            {
                "maker": "bmw", "unit": "worn", "variant": "bmw-gen5-rear", "time_us": day * DAY_US, "day": day,
                "part": 0, "segment": segment, "cooling_conductance_ratio": value, "offset": k,
                "cooling_conductance_ratio_validity": "valid", "module_resistance_ratio": 5.0,
                "module_resistance_ratio_validity": "not_excited",
            }
        )  # fmt: skip
    (lake / "edu_day").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=TABLES["edu_day"].schema), lake / "edu_day" / "a.parquet")
    return lake


def indicators(lake: Path, *options: str) -> Any:
    done = runner.invoke(app, ["forecast", "--lake", str(lake), "--unit", "worn", "--json", *options])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["indicators"]


def test_an_indicator_tells_how_far_the_unit_is_and_how_long_it_goes_on(worn_cooling: Path) -> None:
    found = indicators(worn_cooling)
    assert list(found) == ["cooling"]  # what is not excited tells nothing
    cooling = found["cooling"]
    assert cooling["end_of_life_change"] == -0.3
    assert 0.3 < cooling["share"] < 0.7  # of 22 % in all, that of the first and last days averaged away
    assert cooling["age_km"] == pytest.approx(60.0 * DAYS)
    quantiles = list(cooling["remaining_km"].values())
    assert quantiles == sorted(quantiles)
    assert cooling["remaining_km"]["0.05"] < 50_000.0
    assert cooling["remaining_days"]["0.5"] == pytest.approx(cooling["remaining_km"]["0.5"] / 60.0, rel=0.1)


def test_new_coolant_begins_the_indicator_anew_and_its_former_life_counts(worn_cooling: Path, tmp_path: Path) -> None:
    before = indicators(worn_cooling)["cooling"]
    changed = replaced(tmp_path, failed=True, part="coolant", day=FIRST_DAY + 24)
    after = indicators(worn_cooling, "--log", changed)["cooling"]
    assert after["days"] == 15
    assert after["age_km"] == pytest.approx(15 * 60.0)
    assert after["share"] < 0.5 * before["share"]
    kept = replaced(tmp_path, failed=False, part="coolant", day=FIRST_DAY + 24)
    assert after["remaining_km"]["0.5"] < indicators(worn_cooling, "--log", kept)["cooling"]["remaining_km"]["0.5"]


def logged(folder: Path, *entries: dict[str, Any]) -> str:
    """A log of the unit: events without an action are registrations."""
    unit = {"type": "registration", "variant": "bmw-gen5-rear", "vehicle": "car", "mounting": "rear", "plant": "p1"}
    lines = []
    for entry in entries:
        kind = {"type": "service_event"} if "action" in entry else {**unit, "built": "2024-01-01"}
        lines.append(json.dumps({**kind, "unit": "worn", "maker": "bmw", **entry}))
    path = folder / "log.jsonl"
    path.write_text("\n".join(lines))
    return str(path)


def event(day: int, action: str, odometer_km: float) -> dict[str, Any]:
    return {"action": action, "part": "pump", "time_us": day * DAY_US + 1, "odometer_km": odometer_km}


def test_km_of_a_used_car_are_not_those_of_the_unit_fitted_to_it(worn_cooling: Path, tmp_path: Path) -> None:
    """The odometer of an inspection, less that at fitting; the days up to it are in the lake, 60 km each."""
    inspected = event(FIRST_DAY + 9, "inspected", 80_000.0)
    for fitted_km, age_km in ((50_000.0, 30_000.0), (79_900.0, 600.0)):
        log = logged(tmp_path, {"fitted_at_km": fitted_km}, inspected)
        found = indicators(worn_cooling, "--log", log)["cooling"]
        assert found["age_km"] == pytest.approx(age_km + 60.0 * (DAYS - 10)), fitted_km
    assert indicators(worn_cooling, "--log", logged(tmp_path, inspected))["cooling"]["age_km"] == (
        pytest.approx(60.0 * DAYS)  # not registered: nobody knows what the unit was fitted at
    )


def test_km_of_a_part_begin_at_the_odometer_of_its_replacement(worn_cooling: Path, tmp_path: Path) -> None:
    """Replaced before the lake begins, read again on its last day."""
    before, read = event(FIRST_DAY - 30, "replaced", 70_000.0), event(FIRST_DAY + DAYS - 1, "inspected", 75_000.0)
    found = indicators(worn_cooling, "--log", logged(tmp_path, {"fitted_at_km": 0.0}, before, read))
    assert found["cooling"]["age_km"] == pytest.approx(5_000.0)
    assert found["cooling"]["days"] == DAYS


def test_a_life_is_expected_as_far_as_the_variant_is_designed_for(worn_cooling: Path, tmp_path: Path) -> None:
    town = tmp_path / "variants"
    town.mkdir()
    own = 'name = "bmw-gen5-rear"\nextends = "jaguar-ipace"\n[design]\n'
    own += 'distance = { value = 30000, unit = "km", source = "a test" }\n'
    own += 'driving_time = { value = 800, unit = "h", source = "a test" }\n'
    (town / "bmw-gen5-rear.toml").write_text(own)
    shipped = indicators(worn_cooling)["cooling"]["remaining_km"]
    found = indicators(worn_cooling, "--variants", str(town))["cooling"]["remaining_km"]
    assert found["0.5"] < 0.3 * shipped["0.5"]


def test_indicators_are_in_the_table_and_in_the_picture(
    worn_cooling: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, set[str]] = {}
    save = Figure.savefig

    def look(figure: Figure, path: Path) -> None:
        for axes in figure.axes:
            legend = axes.get_legend()
            drawn[axes.get_title(loc="left")] = {text.get_text() for text in legend.get_texts()} if legend else set()
        save(figure, path)

    monkeypatch.setattr(Figure, "savefig", look)
    arguments = ["forecast", "--lake", str(worn_cooling), "--unit", "worn", "--picture", str(tmp_path / "worn.png")]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "share of the way" in done.stdout
    assert "cooling" in done.stdout
    assert (tmp_path / "worn.png").read_bytes().startswith(b"\x89PNG")
    assert drawn == {
        "Ends first: oil": {
            *("so far", "at the unit's rate", "10 to 90 % of rates", "end of life, 10 to 90 %"),
        },
        "Remaining life if used as it was": set(),
        "By indicator: cooling": {"days", "mean of 10", "10 to 90 %", "median", "end of life", "replace by"},
    }


def replaced(folder: Path, *, failed: bool, day: int = FIRST_DAY + 29, part: str = "oil") -> str:
    event = {"unit": "worn", "maker": "bmw", "action": "replaced", "part": part, "failed": failed}
    path = folder / "log.jsonl"
    path.write_text(json.dumps({"type": "service_event", **event, "time_us": day * DAY_US + 1}))
    return str(path)


def test_parts_of_a_day_add_up_to_damage_and_rates(lake: Path) -> None:
    (oil,) = forecast(lake, "worn").values()
    assert oil["damage"] == pytest.approx(DAYS * 1e-3)
    assert oil["rates"]["per_km"] == pytest.approx(1e-3 / 60.0)
    assert oil["rates"]["per_hour"] == pytest.approx(1e-3 / 1.5)
    quantiles = list(oil["remaining_km"].values())
    assert quantiles == sorted(quantiles)
    assert oil["remaining_km"]["0.5"] == pytest.approx(0.96 / (1e-3 / 60.0), rel=0.3)


def test_damage_from_before_the_lake_begins_is_the_units_own_sum_less_that_of_its_days(lake: Path) -> None:
    point = {
        "maker": "bmw", "unit": "worn", "variant": "bmw-gen5-rear", "component": "oil", "damage": 0.14,
        "design_ratio": 2.5, "validity": "valid", "offset": 0,
    }  # fmt: skip
    rows = [{**point, "time_us": 2}, {**point, "time_us": 1, "damage": 0.01}]
    (lake / "edu_health").mkdir()
    table = pa.Table.from_pylist(rows, schema=TABLES["edu_health"].schema)
    pq.write_table(table, lake / "edu_health" / "a.parquet")
    oil = forecast(lake, "worn")["oil"]
    assert oil["damage"] == pytest.approx(0.14)
    assert oil["design_ratio"] == 2.5
    assert oil["rates"]["per_km"] == pytest.approx(1e-3 / 60.0)


def test_a_replaced_part_begins_anew_and_its_former_life_counts_among_the_peers(lake: Path, tmp_path: Path) -> None:
    after = forecast(lake, "worn", "--log", replaced(tmp_path, failed=False))["oil"]
    assert after["damage"] == pytest.approx(10 * 1e-3)
    design = Designs().of("bmw-gen5-rear")
    assert design is not None
    assert after["design_ratio"] == pytest.approx(1e-3 / 60.0 / design.damage_per_km[Component.OIL])
    assert after["rates"]["per_km"] == pytest.approx(1e-3 / 60.0)  # the unit is used as it was with the part before
    failed = forecast(lake, "worn", "--log", replaced(tmp_path, failed=True))["oil"]
    assert failed["damage"] == after["damage"]
    assert failed["remaining_km"]["0.5"] < 0.6 * after["remaining_km"]["0.5"]  # one of them ended at 0.03


def test_a_part_of_another_component_changes_nothing_and_a_new_unit_everything(lake: Path, tmp_path: Path) -> None:
    whole = DAYS * 1e-3
    assert forecast(lake, "worn", "--log", replaced(tmp_path, failed=True, part="brushes"))["oil"]["damage"] == (
        pytest.approx(whole)
    )
    assert forecast(lake, "worn", "--log", replaced(tmp_path, failed=True, part="unit"))["oil"]["damage"] == (
        pytest.approx(0.25 * whole)
    )


def test_units_of_other_variants_count_less_as_peers(lake: Path) -> None:
    fleet = units(connect(lake))
    (worn,) = (one for one in fleet if one.unit == "worn")
    assert {peer.weight: peer.ended for peer in peers(fleet, worn, Component.OIL, Designs())} == {
        1.0: False,
        0.4: False,
    }


def test_the_table_and_the_picture_are_there(lake: Path, tmp_path: Path) -> None:
    picture = tmp_path / "pictures" / "worn.png"
    arguments = ["forecast", "--lake", str(lake), "--unit", "worn", "--picture", str(picture)]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "2,400 km" in done.stdout
    assert "replace by km" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--unit", "nobody"], "--unit nobody: no driving day in the lake"),
        (["--unit", "worn", "--log", "missing.jsonl"], "missing.jsonl: No such file"),
        (["--unit", "worn", "--log", "wrong.jsonl"], "wrong.jsonl:1: part"),
    ],
)
def test_what_cannot_be_read_is_named(
    lake: Path, tmp_path: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.jsonl").write_text(
        '{"type": "service_event", "unit": "worn", "maker": "bmw", "action": "replaced", "time_us": 5}\n'
    )
    done = runner.invoke(app, ["forecast", "--lake", str(lake), *arguments])
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("place", "why"),
    [("a.parquet/x.png", "cannot be written: "), ("x.docx", "pictures are PNG, name it x.png")],
)
def test_a_picture_that_cannot_be_written_is_said_before_anything_is_told(lake: Path, place: str, why: str) -> None:
    path = lake / "day_parts" / place
    done = runner.invoke(app, ["forecast", "--lake", str(lake), "--unit", "worn", "--picture", str(path)])
    assert done.exit_code == 2
    assert f"--picture {path}: {why}" in " ".join(done.output.split())
    assert "replace by" not in done.output


def test_parts_of_a_time_before_wear_was_summed_are_driven_all_the_same(lake: Path) -> None:
    rows = [
        row | {"day": row["day"] - 50, "time_us": row["time_us"] - 50 * DAY_US, "wear": None, "offset": 1_000 + k}
        for k, row in enumerate(day_parts("worn"))
    ]
    table = pa.Table.from_pylist(rows, schema=TABLES["day_parts"].schema)
    before = forecast(lake, "worn")["oil"]["damage"]
    pq.write_table(table, lake / "day_parts" / "before.parquet")
    assert forecast(lake, "worn")["oil"]["damage"] == before
