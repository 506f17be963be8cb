"""The format of the state topic: what is written is read back, also by a later version with another layout."""

import numpy as np
import pytest

from streams import snapshots
from streams.records import Snapshot
from streams.snapshots import (
    PRESENT,
    Collected,
    Layout,
    carry_over,
    decode,
    describe,
    encode,
    layout_hash,
    parse_layout,
)

NODE = np.dtype([("temp_c", "<f8"), ("sd_k", "<f8")])
OLD_ROW = np.dtype([("count", "<i8"), ("nodes", NODE, (2,)), ("gone", "<f4"), ("covariance", "<f8", (2, 2))])
NEWER_NODE = np.dtype([("sd_k", "<f8"), ("temp_c", "<f8"), ("limit_c", "<f8")])
NEW_ROW = np.dtype([("nodes", NEWER_NODE, (2,)), ("count", "<i8"), ("covariance", "<f8", (3, 3)), ("added", "<i4")])
DAY = np.dtype([("open", "<i8"), ("sums", "<f8", (2,))])
OLD, NEW = Layout(OLD_ROW, DAY), Layout(NEW_ROW, np.dtype([("sums", "<f8", (2,)), ("open", "<i8"), ("trips", "<i8")]))


def old_row() -> np.ndarray:
    row = np.zeros(1, OLD_ROW)
    row["count"], row["gone"] = 7, 1.5
    row["nodes"]["temp_c"], row["nodes"]["sd_k"] = [[20.0, 30.0]], [[1.0, 2.0]]
    row["covariance"] = [[1, 2], [3, 4]]
    return row


def old_day() -> np.ndarray:
    day = np.zeros(1, DAY)
    day["open"], day["sums"] = 1, [[3.0, 4.0]]
    return day


def snapshot(unit: str = "u-1", variant: str = "bmw-i3") -> Snapshot:
    return Snapshot(unit, variant, 2**64 - 3, b"identity", old_row().tobytes(), old_day().tobytes(), b"delivery\0")


def collected(layout: Layout = OLD, variants: tuple[str, ...] = ("bmw-i3",)) -> Collected:
    def fresh_row(variant: str) -> np.ndarray | None:
        return np.full(1, np.zeros(1, layout.row)[0], layout.row) if variant in variants else None

    return Collected(layout, fresh_row)


def test_a_snapshot_is_read_back_as_it_was_written() -> None:
    key, value = encode(snapshot(), layout_hash(OLD))
    assert key == b"u-1"
    assert decode(key, value) == (snapshot(), layout_hash(OLD))


def test_a_slice_of_the_cuts_copy_is_written_like_its_bytes() -> None:
    rows = np.concatenate([old_row(), old_row()])
    sliced = snapshot()._replace(row=memoryview(rows[1:2].view(np.uint8)))
    assert encode(sliced, 1) == encode(snapshot(), 1)


def test_a_layout_survives_its_text_form() -> None:
    assert parse_layout(describe(OLD)) == OLD


def test_a_layout_with_records_in_it_survives_its_text_form() -> None:
    flow = np.dtype([("value", "<f4", (64,)), ("count", "<i4")])
    nested = np.dtype([("time_us", "<i8"), ("flow", flow), ("nodes", NODE, (2, 3))])
    for layout in (Layout(nested, DAY), PRESENT):
        assert parse_layout(describe(layout)) == layout


def test_a_record_whose_array_has_another_size_starts_fresh_as_a_whole() -> None:
    old, new = (
        np.zeros(1, np.dtype([("flow", np.dtype([("value", "<f4", (slots,)), ("count", "<i4")]))])) for slots in (4, 6)
    )
    old["flow"]["value"], old["flow"]["count"] = 3.0, 2
    assert carry_over(old, new) == ["flow"]
    assert not new.tobytes().strip(b"\0")
    same = np.zeros(1, old.dtype)
    assert carry_over(old, same) == []
    assert same.tobytes() == old.tobytes()


@pytest.mark.parametrize("change", [("count", "<i4"), ("number", "<i8")])
def test_every_change_of_a_field_changes_the_layout_hash(change: tuple[str, str]) -> None:
    other = np.dtype([change, *[(name, OLD_ROW.fields[name][0]) for name in OLD_ROW.names[1:]]])
    assert layout_hash(Layout(other, DAY)) != layout_hash(OLD)
    assert layout_hash(Layout(OLD_ROW, other)) != layout_hash(OLD)


def test_same_named_fields_are_carried_over_and_new_ones_stay_fresh() -> None:
    new = np.zeros(1, NEW_ROW)
    new["added"], new["nodes"]["limit_c"], new["covariance"] = 5, 99.0, 8.0
    fresh = carry_over(old_row(), new)
    assert new["count"][0] == 7
    assert new["nodes"]["temp_c"].tolist() == [[20.0, 30.0]]
    assert new["nodes"]["sd_k"].tolist() == [[1.0, 2.0]]
    assert new["nodes"]["limit_c"].tolist() == [[99.0, 99.0]]
    assert (new["covariance"] == 8.0).all()
    assert new["added"][0] == 5
    assert sorted(fresh) == ["added", "covariance", "nodes.limit_c"]


def test_the_newest_record_of_a_unit_wins_and_a_tombstone_forgets_it() -> None:
    state = collected()
    for unit, identity in (("a", b"1"), ("b", b"1"), ("a", b"2")):
        state.put(*encode(snapshot(unit)._replace(identity=identity), layout_hash(OLD)))
    state.put(b"b", None)
    assert [(s.unit, s.identity) for s in state.take()] == [("a", b"2")]


def test_an_older_layout_is_read_by_name_and_counted() -> None:
    state = collected(NEW)
    state.put(*snapshots.layout_record(OLD))
    state.put(*encode(snapshot(), layout_hash(OLD)))
    (taken,) = state.take()
    assert np.frombuffer(taken.row, NEW.row)["count"][0] == 7
    (day,) = np.frombuffer(taken.day, NEW.day)
    assert (day["sums"].tolist(), day["open"], day["trips"]) == ([3.0, 4.0], 1, 0)
    assert (state.migrated, state.dropped) == (1, 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"u-1", b""),
        (b"u-1", b"EDU1"),
        (b"u-1", b"XXXX" + encode(snapshot(), 1)[1][4:]),
        (b"u-1", encode(snapshot(), layout_hash(OLD))[1][:60]),
        encode(snapshot(), 12345),
    ],
    ids=["empty", "header cut", "magic", "row cut", "layout not described"],
)
def test_an_unreadable_value_is_counted_and_the_others_are_kept(key: bytes, value: bytes) -> None:
    state = collected()
    state.put(key, value)
    state.put(*encode(snapshot("good"), layout_hash(OLD)))
    assert [s.unit for s in state.take()] == ["good"]
    assert state.dropped == 1


def test_a_unit_without_a_day_has_none_in_a_newer_layout() -> None:
    state = collected(NEW)
    state.put(*snapshots.layout_record(OLD))
    state.put(*encode(snapshot()._replace(day=b""), layout_hash(OLD)))
    (taken,) = state.take()
    assert taken.day == b""


def test_a_row_of_a_removed_variant_is_not_migrated() -> None:
    state = collected(NEW, variants=())
    state.put(*snapshots.layout_record(OLD))
    state.put(*encode(snapshot(), layout_hash(OLD)))
    assert state.take() == []
    assert state.dropped == 1


def test_the_mark_is_read_apart_from_the_units() -> None:
    state = collected()
    state.put(*snapshots.mark_record(41))
    state.put(*snapshots.mark_record(42))
    assert state.mark == 42
    assert state.take() == []
