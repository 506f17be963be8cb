"""Alerts as line protocol: a point for each transition, the same bytes each time."""

from pathlib import Path

import pytest

from schemas.alerts import Alert, Transition
from streams.sinks.alert_lines import alert_lines
from streams.sinks.lines import LinesSink
from tests.synthetic import MODEL_VERSION, START_US, alert, output, points


def line(given: Alert) -> bytes:
    ((text, lines),) = alert_lines([given])
    assert lines == 1
    return text


def test_an_alert_is_a_point_of_its_own_series_with_everything_else_as_fields() -> None:
    expected = (
        f"edu_alert,alert_id=unit-0/oil_over_temperature/{START_US}/opened,maker=bmw,unit=unit-0,variant=bmw-i3 "
        'alert="oil_over_temperature",transition="opened",value=121.5,limit=120.0,unit_of_value="degC",'
        f'check="oil level and cooler",model_version="{MODEL_VERSION}" {START_US}\n'
    )
    assert line(alert()) == expected.encode()


def test_each_transition_has_its_own_series_and_the_same_one_the_same_bytes() -> None:
    opened, resolved = alert(), alert(transition=Transition.RESOLVED)
    assert line(opened) == line(alert())
    assert line(opened).split(b" ")[0] != line(resolved).split(b" ")[0]


@pytest.mark.parametrize("unknown", [None, float("inf")])
def test_what_is_not_known_is_left_out(unknown: float | None) -> None:
    text = line(alert().model_copy(update={"value": unknown}))
    assert b",value=" not in text
    assert b",limit=120.0," in text


def test_small_numbers_and_awkward_names_survive() -> None:
    text = line(alert().model_copy(update={"value": 1e-12, "unit": "a b,c=d", "check": 'say "no"'}))
    assert b"value=1e-12," in text
    assert rb",unit=a\ b\,c\=d," in text
    assert rb'check="say \"no\""' in text


def test_a_file_of_lines_has_the_alerts_after_the_points(tmp_path: Path) -> None:
    sink = LinesSink(tmp_path / "lines.lp")
    sink.write(output(points(3), alerts=[alert()]))
    sink.close()
    lines = (tmp_path / "lines.lp").read_bytes().splitlines(keepends=True)
    assert [text.split(b",")[0] for text in lines] == 3 * [b"edu_state"] + [b"edu_alert"]
    assert lines[-1] == line(alert())
