"""Everything the fleet stage of a maker remembers, and its bytes."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet import older
from twin.fleet.ages import AGES, Ages, Former
from twin.fleet.ages import new as new_ages
from twin.fleet.alerts import Life
from twin.fleet.climate import BANDS
from twin.fleet.cohort_rates import Ledger
from twin.fleet.peers import Memory
from twin.fleet.rules import FleetRules
from twin.fleet.spread import Counts
from twin.fleet.units import UNIT, Units

VERSION = 3
EARLIER = (1, 2)
"""Did not name their features. 1 knew nothing of the age of parts, neither of the air they drive in: both begin with
what comes.
"""


@dataclass
class FleetState:
    """State after a closed day."""

    life: Life
    units: Units = field(default_factory=Units)
    ages: Ages = field(default_factory=Ages)
    former: list[Former] = field(default_factory=list)
    """Parts that were replaced, and of them (day, how many) those that are learned from."""
    asked: tuple[int, int] = (-1, 0)
    memory: Memory = field(default_factory=Memory)
    ledger: Ledger = field(default_factory=Ledger)
    firsts: dict[str, Counts] = field(default_factory=dict)
    day: int = -1

    def _tables(self) -> list[tuple[str, dict[str, NDArray[Any]]]]:
        """Arrays by name, of one shape in a table."""
        memory = self.memory
        return [
            ("effects", memory.effects),
            ("anchors", memory.anchors),
            ("counts", self.ledger.counts),
            ("firsts", self.firsts),
        ]

    def save(self) -> bytes:
        """All of it; the same state gives the same bytes."""
        words = {
            "version": VERSION,
            "features": older.PRESENT,
            "day": self.day,
            "ledger_day": self.ledger.day,
            "names": self.units.names,
            "words": self.units.words,
            "life": self.life.dump(),
            "former": self.former,
            "asked": self.asked,
            "keys": [
                list(part) for part in (self.memory.effects, self.memory.anchors, self.ledger.counts, self.firsts)
            ],
        }
        self.ages.grow(len(self.units.names))
        parts = {
            "rows": self.units.rows,
            "ages": self.ages.rows,
            "words": np.frombuffer(json.dumps(words).encode(), dtype=np.uint8),
        }
        for name, values in self._tables():
            parts[name] = np.array(list(values.values())) if values else np.zeros(0)
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **parts)
        return file.getvalue()


def new(maker: str, model_version: str, rules: FleetRules) -> FleetState:
    """A fleet that nothing is known of."""
    return FleetState(Life(maker, model_version, rules))


def restore(saved: bytes, maker: str, model_version: str, rules: FleetRules) -> FleetState:
    """State from the bytes of ``save``, or of an earlier version's: what it did not know is as of a new unit. Raises
    ValueError for later versions, and for fields of a unit that this program does not have.
    """
    with np.load(io.BytesIO(saved), allow_pickle=False) as parts:
        words = json.loads(parts["words"].tobytes())
        rows, ages = parts["rows"], parts.get("ages")
        if words["version"] not in (*EARLIER, VERSION):
            raise ValueError(f"state of version {words['version']}, this program reads {EARLIER[0]} to {VERSION}")
        if words["version"] in EARLIER:
            words["words"]["climate"] = [_band(word) for word in words["words"]["climate"]]
        stored = older.names_of(words.get("features"), rows.dtype["baseline"].shape[-1])
        state = new(maker, model_version, rules)
        if rows.dtype == UNIT and stored == older.PRESENT:
            state.units = Units(rows, words["names"], words["words"])
        else:
            state.units = Units(words=words["words"])
            state.units.places(words["names"])
            older.rows(rows, state.units.rows, stored)
        if ages is not None and ages.dtype != AGES:
            ages = older.rows(ages, new_ages(len(ages)))
        state.asked = tuple(words.get("asked", state.asked))
        state.former = [Former(*one) for one in words.get("former", ())]
        state.ages = Ages(ages)
        state.ages.grow(len(rows))
        effects, anchors, counts, firsts = (
            {key: values.copy() for key, values in zip(keys, parts[name], strict=True)}
            for (name, _), keys in zip(state._tables(), words["keys"], strict=True)
        )
    state.memory = Memory(_features(effects, stored, np.nan), _features(anchors, stored, np.nan))
    state.ledger = Ledger(counts, words["ledger_day"])
    state.firsts = _features(firsts, stored, 0, axis=0)
    state.day = words["day"]
    state.life.restore(words["life"])
    return state


def _features(
    table: dict[str, NDArray[Any]], stored: tuple[str, ...], empty: float, axis: int = -1
) -> dict[str, NDArray[Any]]:
    return {key: older.features(values, stored, empty, axis) for key, values in table.items()}


def _band(climate: str) -> str:
    """A band of climate as version 2 called it."""
    return f"air:{climate}" if f"air:{climate}" in BANDS else climate
