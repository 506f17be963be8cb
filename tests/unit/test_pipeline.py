"""What a pipeline does with records: who gets which row, what a tick does, what a cut keeps."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from schemas.rejects import Reason
from streams.pipeline import Pipeline
from streams.records import Message
from tests.fleet_records import Seen
from tests.frames import (
    MAKER,
    MINUTE_US,
    NOON_US,
    OTHER_VARIANT,
    SECOND_US,
    VARIANT,
    identity,
    log,
    record,
    tick,
    value,
)
from tests.recording_twin import RecordingTwin

DAY_US = 24 * 60 * MINUTE_US


class Kept(Seen):
    """What was written, as points."""

    def points(self, measurement: str) -> list[tuple[str, int, int]]:
        """(unit, time, offset) of every point."""
        return [
            (unit, int(time_us), int(offset))
            for output in self.outputs
            for points in output.points
            if points.measurement == measurement
            for unit, time_us, offset in zip(points.units, points.records["time_us"], points.offsets, strict=True)
        ]


def made(twins: Mapping[str, RecordingTwin] | None = None) -> tuple[Pipeline, Kept, dict[str, RecordingTwin]]:
    doubles = dict(twins or {VARIANT: RecordingTwin(VARIANT), OTHER_VARIANT: RecordingTwin(OTHER_VARIANT)})
    sink = Kept()
    return Pipeline(0, MAKER, {name: twin.as_twin() for name, twin in doubles.items()}, [sink]), sink, doubles


def frames(unit: str, sequences: Sequence[int], **options: object) -> list[Message]:
    return [record(value(unit, n, **options), key=unit) for n in sequences]  # type: ignore[arg-type]


def interleaved(units: Sequence[str], count: int) -> list[Message]:
    return log([one for n in range(count) for unit in units for one in frames(unit, [n])])


def test_each_unit_has_its_own_row_and_its_frames_in_order() -> None:
    pipeline, sink, twins = made()
    pipeline.process(interleaved(["a", "b"], 4))
    calls = twins[VARIANT].calls
    for row in (0, 1):
        starts = [start for of, start, *_ in calls if of == row]
        assert starts == sorted(starts)
        assert len(starts) == 4
    assert pipeline.counts["accepted"] == len(sink.outputs[0].frames) == 8


def test_results_name_unit_and_offset_of_the_record_that_made_them() -> None:
    pipeline, sink, _ = made()
    pipeline.process(log([*frames("a", range(5)), *frames("b", range(13))]))
    assert sink.points("edu_state") == [
        ("b", NOON_US + MINUTE_US, 5 + 6),
        ("b", NOON_US + 2 * MINUTE_US, 5 + 12),
    ]


def test_every_process_call_writes_one_output_to_every_sink() -> None:
    pipeline, sink, _ = made()
    for _ in range(3):
        pipeline.process([])
    assert len(sink.outputs) == 3


def test_a_refused_record_reaches_the_output_with_its_bytes() -> None:
    pipeline, sink, _ = made()
    bad = record(b"garbage", 3)
    pipeline.process([bad])
    (refused,) = sink.outputs[0].refused
    assert refused.record is bad
    assert refused.reject.reason is Reason.MALFORMED
    assert not refused.late
    assert pipeline.counts["rejected"] == pipeline.counts["rejected.malformed"] == 1
    assert pipeline.units == {}


def test_a_gap_reaches_the_twin() -> None:
    pipeline, _, twins = made()
    pipeline.process(log([*frames("a", [0]), *frames("a", range(3, 12))]))
    assert [gaps for *_, gaps, _ in twins[VARIANT].calls] == [0, 2, *[0] * 8]


def test_a_tick_acts_at_its_place_in_the_log() -> None:
    pipeline, _, twins = made()
    late = frames("a", [1])
    records = log([*frames("a", [0, 2]), tick(NOON_US), tick(NOON_US + 2 * MINUTE_US), *late, *frames("a", [3])])
    pipeline.process(records)
    assert [start for _, start, *_ in twins[VARIANT].calls] == [NOON_US + n * 10 * SECOND_US for n in (0, 2, 3)]
    assert pipeline.counts["late.late"] == 1


def test_a_hole_is_given_up_after_two_minutes_even_if_more_frames_came_to_wait_meanwhile() -> None:
    pipeline, _, _ = made()
    first, second = frames("a", [0, 2]), frames("a", [4])
    ticks = [tick(NOON_US + n * MINUTE_US) for n in range(3)]
    pipeline.process(log([*first, ticks[0], *second, ticks[1]]))
    assert pipeline.held == 2
    pipeline.process([ticks[2]._replace(offset=9)])
    assert pipeline.held == 0
    assert pipeline.counts["accepted"] == 3


def test_a_tick_closes_the_trip_of_a_silent_unit_once() -> None:
    pipeline, sink, _ = made()
    records = log([*frames("a", [0]), *[tick(NOON_US + n * MINUTE_US) for n in range(1, 30)]])
    pipeline.process(records)
    assert sink.points("edu_trip") == [("a", NOON_US + 9 * SECOND_US, 17)]


def test_a_tick_that_ends_many_trips_lets_them_out_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order as all at once; the batch's frames are with the first of them."""
    records = log([*interleaved([f"u{n}" for n in range(10)], 2), *[tick(NOON_US + n * MINUTE_US) for n in (20, 40)]])
    whole, of_whole, _ = made()
    whole.process(records)
    monkeypatch.setattr("streams.pipeline.TICKED_AT_ONCE", 3)
    pieces, of_pieces, _ = made()
    pieces.process(records)
    trips = [sum(len(p.records) for p in output.points if p.measurement == "edu_trip") for output in of_pieces.outputs]
    assert trips == [0, 0, 0, 3, 3, 3, 1]  # silence begins at the first tick
    assert len(of_pieces.outputs[0].frames) == 20
    assert of_pieces.points("edu_trip") == of_whole.points("edu_trip")
    assert pieces.counts == whole.counts
    assert [unit.row for unit in pieces.cut().units] == [unit.row for unit in whole.cut().units]


def test_a_tick_does_not_cut_the_trip_of_a_unit_whose_backlog_is_arriving() -> None:
    pipeline, sink, _ = made()
    records: list[Message] = []
    for n in range(40):
        records += [*frames("a", [n]), tick(NOON_US + DAY_US + n * MINUTE_US)]
    pipeline.process(log(records))
    assert sink.points("edu_trip") == []
    pipeline.process([tick(NOON_US + DAY_US + n * MINUTE_US, n + 100) for n in range(40, 60)])
    assert [unit for unit, *_ in sink.points("edu_trip")] == ["a"]


@pytest.mark.parametrize("step_us", [0, MINUTE_US], ids=["a storm of one time", "a week, minute by minute"])
def test_ticks_without_end_look_at_an_idle_unit_a_few_times_only(step_us: int) -> None:
    pipeline, sink, twins = made()
    units = [f"u{n}" for n in range(50)]
    pipeline.process(log([one for unit in units for one in frames(unit, [0])]))
    first_us = NOON_US + 10 * MINUTE_US
    pipeline.process([tick(first_us + n * step_us, 100 + n) for n in range(10_080)])
    pipeline.process([tick(first_us + 10_080 * MINUTE_US, 20_000)])
    assert sorted(unit for unit, *_ in sink.points("edu_trip")) == sorted(units)
    assert twins[VARIANT].ticked <= 3 * len(units)
    assert pipeline.counts["tick"] == 10_081


def test_a_tick_read_again_before_a_unit_s_last_frame_waits_for_one_after_it() -> None:
    pipeline, sink, _ = made()
    early = [tick(NOON_US + n * MINUTE_US, n) for n in range(1, 5)]
    pipeline.process([*early, record(value("a", 0), 9, key="a")])
    pipeline.process(early)
    assert pipeline.units[b"a"].delivery.quiet_us == 0
    pipeline.process([tick(NOON_US + n * MINUTE_US, 10 + n) for n in range(20)])
    assert sink.points("edu_trip") == [("a", NOON_US + 9 * SECOND_US, 10 + 16)]


def test_drain_lets_everything_out() -> None:
    pipeline, sink, twins = made()
    pipeline.process(log([*frames("a", [0, 2, 5])]))
    assert pipeline.held == 2
    pipeline.drain()
    assert pipeline.held == 0
    assert len(twins[VARIANT].calls) == 3
    assert [unit for unit, *_ in sink.points("edu_trip")] == ["a"]


def test_a_unit_of_another_variant_gets_a_fresh_row_there_and_its_old_trip_is_closed() -> None:
    pipeline, sink, twins = made()
    other = [record(value("a", n, who=identity("a", variant=OTHER_VARIANT)), key="a") for n in (1, 2)]
    pipeline.process(log([*frames("a", [0]), *other]))
    assert len(twins[OTHER_VARIANT].calls) == 2
    assert sink.points("edu_trip") == [("a", NOON_US + 9 * SECOND_US, 1)]
    assert {s.variant for s in pipeline.cut().units} == {OTHER_VARIANT}


def test_units_that_change_their_variant_all_the_time_do_not_use_up_memory() -> None:
    pipeline, _, _ = made()
    records = [
        record(value("a", n, who=identity("a", variant=(VARIANT, OTHER_VARIANT)[n % 2])), key="a") for n in range(50)
    ]
    pipeline.process(log(records))
    assert pipeline.counts["accepted"] == 50
    assert all(len(fleet.rows) <= 1 for fleet in pipeline._fleets.values())


def test_a_tick_may_release_a_frame_of_another_variant() -> None:
    pipeline, sink, twins = made()
    moved = record(value("a", 2, who=identity("a", variant=OTHER_VARIANT)), key="a")
    ticks = [tick(NOON_US + n * MINUTE_US) for n in range(1, 25)]
    pipeline.process(log([*frames("a", [0]), moved, *frames("b", [0]), *ticks]))
    assert len(twins[OTHER_VARIANT].calls) == 1
    assert [unit for unit, *_ in sink.points("edu_trip")] == ["a", "b", "a"]


def test_changed_parameters_start_a_new_segment_and_keep_the_row() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", range(3))))
    snapshots = pipeline.cut().units
    again, _, _ = made({VARIANT: RecordingTwin(VARIANT, parameter_hash=2)})
    again.restore(snapshots)
    again.process([one._replace(offset=9) for one in frames("a", [3])])
    (row,) = again._fleets[VARIANT].rows.records
    assert row["segment"] == 2
    assert row["time_us"] == NOON_US + 39 * SECOND_US


def test_a_cut_holds_only_what_changed_since_the_one_before() -> None:
    pipeline, _, _ = made()
    pipeline.process(interleaved(["a", "b", "c"], 2))
    assert {s.unit for s in pipeline.cut().units} == {"a", "b", "c"}
    assert pipeline.cut().units == []
    pipeline.process([one._replace(offset=50) for one in frames("b", [2])])
    assert pipeline.dirty == 1
    assert [s.unit for s in pipeline.cut().units] == ["b"]


def test_a_cut_is_a_copy() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", [0])))
    (snapshot,) = pipeline.cut().units
    before = bytes(snapshot.row)
    pipeline.process([one._replace(offset=5) for one in frames("a", [1])])
    assert bytes(snapshot.row) == before


def test_redelivered_records_have_no_effect_and_are_counted_apart() -> None:
    pipeline, _, _ = made()
    records = log([*frames("a", [0, 1, 5, 3]), *frames("a", [1])])
    pipeline.process(records)
    again, sink, _ = made()
    again.restore(pipeline.cut().units)
    again.process(records)
    assert +again.counts == {"redelivered": 5}
    assert sink.outputs[0].refused == []
    assert again.dirty == 0


def test_a_redelivered_tick_does_not_act_on_a_unit_that_went_on() -> None:
    ticks = [tick(NOON_US + n * MINUTE_US) for n in range(1, 18)]
    records = log([*frames("a", [0]), *ticks, *frames("a", [1])])
    pipeline, sink, _ = made()
    pipeline.process(records)
    snapshots = pipeline.cut().units
    again, other, _ = made()
    again.restore(snapshots)
    again.process(records)
    assert other.points("edu_trip") == []
    assert again.dirty == 0
    assert len(sink.points("edu_trip")) == 1


def test_what_a_tick_changes_is_saved() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", [0, 2])))
    pipeline.cut()
    changes = []
    for minute in range(1, 22):
        pipeline.process([tick(NOON_US + minute * MINUTE_US, minute + 10)])
        changes += [minute] * len(pipeline.cut().units)
    assert changes == [1, 3, 17], "silence begins, the held frame is released, the trip is closed"


def test_duplicates_are_known_after_a_restart() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", range(20))))
    again, _, _ = made()
    again.restore(pipeline.cut().units)
    again.process([one._replace(offset=100 + n) for n, one in enumerate(frames("a", range(20)))])
    assert again.counts["duplicate"] == 20


def test_units_of_unknown_variants_are_left_alone_on_restore() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", [0])))
    other, _, _ = made({OTHER_VARIANT: RecordingTwin(OTHER_VARIANT)})
    other.restore(pipeline.cut().units)
    assert other.units == {}


def test_held_frames_that_are_refused_after_a_restore_are_not_lost() -> None:
    pipeline, _, _ = made()
    changed = record(value("a", 2, who=identity("a", variant=OTHER_VARIANT)), key="a")
    pipeline.process(log([*frames("a", [0]), changed]))
    again, sink, _ = made({VARIANT: RecordingTwin(VARIANT)})
    again.restore(pipeline.cut().units)
    again.process([])
    assert [one.reject.reason for one in sink.outputs[0].refused] == [Reason.UNKNOWN_VARIANT]


def test_a_restored_unit_can_be_restored_again() -> None:
    pipeline, _, _ = made()
    pipeline.process(log(frames("a", [0])))
    first = pipeline.cut().units
    pipeline.process([one._replace(offset=5) for one in frames("a", [1])])
    second = pipeline.cut().units
    again, _, _ = made()
    again.restore(first)
    again.restore(second)
    assert len(again._fleets[VARIANT].rows) == 1
    again.process([one._replace(offset=6) for one in frames("a", [2])])
    assert again.counts["accepted"] == 1


@pytest.mark.parametrize("int16", [False, True])
def test_a_poll_of_any_size_is_packed_in_bounded_portions(int16: bool) -> None:
    pipeline, _, twins = made()
    records = [record(value("a", n, int16=int16, count=100, step_us=SECOND_US // 10), key="a") for n in range(200)]
    pipeline.process(log(records))
    assert sum(count for _, _, count, *_ in twins[VARIANT].calls) == 20_000
    packer = pipeline._fleets[VARIANT]._packer
    assert len(packer._samples) < 11_000


def test_a_change_of_a_few_units_among_many_is_cut_alone() -> None:
    pipeline, _, _ = made()
    units = [f"u{n}" for n in range(300)]
    pipeline.process(log([one for unit in units for one in frames(unit, [0])]))
    snapshots = pipeline.cut().units
    rows = pipeline._fleets[VARIANT].rows.records
    assert [s.unit for s in snapshots] == units
    assert all(bytes(s.row) == rows[n : n + 1].tobytes() for n, s in enumerate(snapshots))
    assert np.unique(rows["time_us"]).tolist() == [NOON_US + 9 * SECOND_US]
