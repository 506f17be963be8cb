"""How results of a twin become points with names and alerts with an id."""

import numpy as np

from schemas.alerts import Transition, UnitAlert
from streams.outputs import add_results
from streams.results import Output
from streams.units import Fleet
from tests.frames import MAKER, NOON_US, VARIANT, decoded, record, value
from tests.recording_twin import RecordingTwin
from twin.layout import ALERT, STATE, TRIP
from twin.twin import Results

NONE = np.zeros(0, np.int64)


def fleet() -> Fleet:
    made = Fleet(MAKER, VARIANT, RecordingTwin(VARIANT, 0xABC).as_twin())
    for unit in ("a", "b"):
        made.new_row(unit)
    return made


def alerts(*changes: tuple[int, int, int, int, float, float]) -> Results:
    return Results(np.zeros(0, STATE), NONE, np.zeros(0, TRIP), NONE, np.array(list(changes), ALERT), NONE)


def test_a_change_of_an_alert_becomes_a_message_with_a_deterministic_id() -> None:
    bit = int(UnitAlert.WINDING_OVER_TEMPERATURE)
    output = Output(0)
    rows = add_results(
        output, fleet(), alerts((1, NOON_US, bit, 1, 181.5, 180.0), (1, NOON_US + 5, bit, 0, np.nan, 180.0)), (), 7
    )
    opened, resolved = output.alerts
    assert rows == {1}
    assert opened.id == f"b/winding_over_temperature/{NOON_US}/opened"
    assert resolved.id == f"b/winding_over_temperature/{NOON_US + 5}/resolved"
    assert (opened.transition, resolved.transition) == (Transition.OPENED, Transition.RESOLVED)
    assert (opened.value, opened.limit, opened.unit_of_value) == (181.5, 180.0, "degC")
    assert resolved.value is None
    assert (opened.maker, opened.variant, opened.model_version) == (MAKER, VARIANT, "test+abc")


def test_a_point_names_its_unit_and_the_record_that_made_it() -> None:
    frames = decoded([record(value(sequence=n), offset=40 + n) for n in range(3)])
    states = np.zeros(2, STATE)
    states["row"], states["time_us"] = [1, 0], [NOON_US, NOON_US + 1]
    trips = np.zeros(1, TRIP)
    results = Results(states, np.array([2, 0]), trips, np.array([-1]), np.zeros(0, ALERT), NONE)
    output = Output(0)
    assert add_results(output, fleet(), results, frames, 99) == {0, 1}
    state, trip = output.points
    assert (state.measurement, state.units, state.offsets.tolist()) == ("edu_state", ["b", "a"], [42, 40])
    assert (trip.measurement, trip.units, trip.offsets.tolist()) == ("edu_trip", ["a"], [99])


def test_no_results_leave_the_output_empty() -> None:
    output = Output(0)
    assert add_results(output, fleet(), alerts(), (), 1) == set()
    assert output == Output(0)
