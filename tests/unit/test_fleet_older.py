"""States of the fleet stage that earlier versions wrote: what they knew goes on, what they did not begins."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import twin.fleet.state
from streams.fleet_days import OpenDays
from tests.fleet_days import Fleet
from twin.fleet import ages
from twin.fleet.features import N_FEATURES
from twin.fleet.fleet_day import FleetDay
from twin.fleet.older import NAMELESS
from twin.fleet.rules import FleetRules
from twin.fleet.state import FleetState, new, restore
from twin.fleet.units import NEVER
from twin.fleet.use import COLUMNS

RULES, FIRST_DAY, OLD = FleetRules(), 20_000, 19
_EACH = (OLD,)
OLD_UNIT = np.dtype(
    [
        *((name, "<i4") for name in ("variant", "mounting", "climate", "plant", "batch", "firmware", "hardware")),
        *((name, "<i4") for name in ("vehicle", "known_firmware", "known_hardware", "segment")),
        ("segment_days", "<i2"),
        *((name, "<i4") for name in ("first_day", "last_day", "sign_day")),
        ("odd_looks", "<i2"),
        *((name, "<f4", _EACH) for name in ("baseline", "baseline_var")),
        ("days", "<i2", _EACH),
        *((name, "<f4", _EACH) for name in ("scatter_var", "last_x")),
        ("last_x_day", "<i4", _EACH),
        *((name, "<f4", _EACH) for name in ("level", "up", "up_sum")),
        ("up_days", "<i2", _EACH),
        *((name, "<f4", _EACH) for name in ("down", "down_sum")),
        ("down_days", "<i2", _EACH),
        ("block", "<f4", (12, OLD)),
        ("block_days", "u1", (12, OLD)),
        ("block_number", "<i4"),
    ]
)
"""As versions 1 and 2 had it: without air, before the witnesses."""
OLD_AGES = np.dtype(
    [
        *((name, "<i4") for name in ("first_day", "week")),
        ("week_used", "<f4", (13, 16)),
        ("since_day", "<i4", (19,)),
        ("km", "<f8", (19,)),
        ("begin_km", "<f4", (19,)),
        ("damage", "<f8", (14,)),
        ("asked", "<f4", (19,)),
        ("level", "<f4", (5, 30)),
        ("next", "i1", (5,)),
        ("segment_days", "<i2", (5,)),
        ("segment", "<i4", (5,)),
        *((name, "<f4", (5,)) for name in ("shift", "present", "best", "step")),
    ]
)
"""As the first of version 2 had it: without what was shown on the way."""
OLD_COLUMNS = [name for name in COLUMNS if name not in ("air_c_s", "air_s")]


@pytest.fixture(scope="module")
def story() -> tuple[FleetState, Fleet]:
    fleet, state = Fleet(1, 60), new("maker", "model", RULES)
    fleet.register(state)
    for day in fleet.days(5, FIRST_DAY):
        FleetDay(RULES).step(state, day)
    state.ages.grow(60)
    state.ages.rows["km"][:] = 7.0
    return state, fleet


def packed(data: bytes, words: dict[str, Any], gone: tuple[str, ...] = (), **arrays: Any) -> bytes:
    """Saved bytes with other words and arrays, without the words of ``gone``."""
    with np.load(io.BytesIO(data)) as saved:
        parts = {name: saved[name] for name in saved.files} | arrays
    said = json.loads(parts["words"].tobytes()) | words
    text = json.dumps({name: value for name, value in said.items() if name not in gone})
    file = io.BytesIO()
    np.savez(file, **{k: v for k, v in parts.items() if v is not None} | {"words": np.frombuffer(text.encode(), "u1")})
    return file.getvalue()


def cut_to(old: np.dtype[Any], rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found = np.zeros(len(rows), old)
    for name in old.names or ():
        found[name] = rows[name][..., : found[name].shape[-1]] if found[name].ndim > 1 else rows[name]
    return found


def earlier(state: FleetState) -> Iterator[tuple[int, bytes]]:
    """Versions 1, the first 2, and 2 before climates."""
    saved = state.save()
    with np.load(io.BytesIO(saved)) as parts:
        arrays = {
            "rows": cut_to(OLD_UNIT, parts["rows"]),
            "effects": parts["effects"][..., :OLD],
            "anchors": parts["anchors"][..., :OLD],
            "firsts": parts["firsts"][:, :OLD] if parts["firsts"].size else parts["firsts"],
        }
        yield 1, packed(saved, {"version": 1}, ("features", "asked", "former"), ages=None, **arrays)
        yield 2, packed(saved, {"version": 2}, ("features",), ages=cut_to(OLD_AGES, parts["ages"]), **arrays)
        yield 2, packed(saved, {"version": 2}, ("features",), **arrays)


def test_states_of_earlier_versions_go_on_and_what_they_did_not_know_begins(story: tuple[FleetState, Fleet]) -> None:
    state, fleet = story
    for version, data in earlier(state):
        found = restore(data, "maker", "model", RULES)
        for name in OLD_UNIT.names or ():
            assert (found.units.rows[name][..., :OLD] == state.units.rows[name][..., :OLD]).all(), name
        assert (found.units.rows["air_day"] == NEVER).all()
        assert (found.units.rows["days"][:, :OLD] > 0).any()
        assert not found.units.rows["days"][:, OLD:].any()
        for key, effect in state.memory.effects.items():
            np.testing.assert_array_equal(found.memory.effects[key][:, :OLD], effect[:, :OLD])
            assert np.isnan(found.memory.effects[key][:, OLD:]).all()
        assert found.memory.anchors.keys() == state.memory.anchors.keys()
        assert (found.ages.rows["km"] == (7.0 if version == 2 else 0.0)).all()
        assert (found.ages.rows["waymark_km"] == ages.FIRST_WAYMARK_KM).all()
        again = restore(found.save(), "maker", "model", RULES)
        assert again.save() == found.save()
        for day in fleet.days(3, FIRST_DAY + 5):
            FleetDay(RULES).step(found, day)
        assert (found.units.rows["days"][:, OLD:].sum() > 0) == (state.units.rows["days"][:, OLD:].sum() > 0)


def test_bands_of_climate_that_version_2_named_are_bands(story: tuple[FleetState, Fleet]) -> None:
    state = story[0]
    words = state.units.words | {"climate": ["unknown", "desert", "usual"]}
    found = restore(packed(state.save(), {"version": 2, "words": words}, ("features",)), "maker", "model", RULES)
    assert found.units.words["climate"] == ["unknown", "desert", "air:usual"]


def test_features_are_known_by_their_names(story: tuple[FleetState, Fleet]) -> None:
    state = story[0]
    turned = packed(state.save(), {"features": [*NAMELESS[:-2], "gone", NAMELESS[-2]]})
    found = restore(turned, "maker", "model", RULES)
    assert (found.units.rows["baseline"][:, -2] == state.units.rows["baseline"][:, -1]).all()
    assert not found.units.rows["baseline"][:, -1].any()


def test_state_of_a_later_version_or_with_other_fields_is_refused(
    story: tuple[FleetState, Fleet], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = story[0].save()
    with pytest.raises(ValueError, match="state of version 4, this program reads 1 to 3"):
        restore(packed(saved, {"version": 4}), "maker", "model", RULES)
    other = np.zeros(60, [("baseline", "<f4", (16,))])
    with pytest.raises(ValueError, match="16 features that it does not name"):
        restore(packed(saved, {"version": 1}, ("features",), rows=other), "maker", "model", RULES)
    more = np.zeros(60, [("baseline", "<f4", (N_FEATURES,)), ("more", "<i4")])
    with pytest.raises(ValueError, match="field 'more' of a unit"):
        restore(packed(saved, {}, rows=more), "maker", "model", RULES)
    monkeypatch.setattr(twin.fleet.state, "AGES", np.dtype([("km", np.float32)]))
    monkeypatch.setattr(twin.fleet.state, "new_ages", lambda count: np.zeros(count, [("km", np.float32)]))
    with pytest.raises(ValueError, match="of a unit that this program does not have"):
        restore(saved, "maker", "model", RULES)


def test_open_days_of_earlier_versions_are_read() -> None:
    fleet, days = Fleet(1, 3), OpenDays(1)
    (day,) = fleet.days(1, FIRST_DAY)
    days._parts[FIRST_DAY] = [day]
    days._use.unpack([(FIRST_DAY, ["a"])], np.arange(1.0, 1.0 + len(COLUMNS)).reshape(1, -1))
    saved = days.pack()
    at = [COLUMNS.index(name) for name in OLD_COLUMNS]
    with np.load(io.BytesIO(saved)) as parts:
        arrays = {name: parts[name][:, :OLD] for name in ("value", "sd", "valid")}
        use = [OLD_COLUMNS, json.loads(parts["words"].tobytes())["use"][1]]
        old = packed(saved, {"use": use}, ("features",), use=parts["use"][:, at], **arrays)
    found = OpenDays(1)
    found.unpack(old)
    whole, _ = found.take(FIRST_DAY, lambda names: np.zeros(len(names), np.int64))
    valid = day.valid[:, :OLD]
    assert (whole.valid[:, :OLD] == valid).all()
    np.testing.assert_allclose(whole.value[:, :OLD][valid], day.value[:, :OLD][valid], rtol=1e-12)
    assert not whole.valid[:, OLD:].any()
    used = found.use(FIRST_DAY)["a"]
    assert [used[COLUMNS.index(name)] for name in ("air_c_s", "air_s")] == [0.0, 0.0]
    assert (used[at] == 1.0 + np.array(at)).all()
    with pytest.raises(ValueError, match="columns that this program does not have: other"):
        found.unpack(packed(saved, {"use": [["other", *COLUMNS[1:]], []]}))
