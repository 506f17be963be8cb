"""Everything the fleet stage of a maker remembers, and its bytes."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.ages import AGES, Ages, Former
from twin.fleet.alerts import Life
from twin.fleet.cohort_rates import Ledger
from twin.fleet.peers import Memory
from twin.fleet.rules import FleetRules
from twin.fleet.spread import Counts
from twin.fleet.units import UNIT, Units

VERSION = 2
BEFORE_AGES = 1
"""Knew nothing of the age of parts: it begins with what comes."""


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
    """State from the bytes of ``save``, or of version 1. Raises ValueError for others, or other fields of a unit."""
    with np.load(io.BytesIO(saved), allow_pickle=False) as parts:
        words = json.loads(parts["words"].tobytes())
        rows, ages = parts["rows"], parts.get("ages")
        if words["version"] not in (BEFORE_AGES, VERSION):
            raise ValueError(f"state of version {words['version']}, this program reads {BEFORE_AGES} and {VERSION}")
        if rows.dtype != UNIT or (ages is not None and ages.dtype != AGES):
            raise ValueError("state with other fields of a unit than this program has")
        state = new(maker, model_version, rules)
        state.units = Units(rows, words["names"], words["words"])
        state.asked = tuple(words.get("asked", state.asked))
        state.former = [Former(*one) for one in words.get("former", ())]
        state.ages = Ages(ages)
        state.ages.grow(len(rows))
        effects, anchors, counts, firsts = (
            {key: values.copy() for key, values in zip(keys, parts[name], strict=True)}
            for (name, _), keys in zip(state._tables(), words["keys"], strict=True)
        )
    state.memory = Memory(effects, anchors)
    state.ledger = Ledger(counts, words["ledger_day"])
    state.firsts = firsts
    state.day = words["day"]
    state.life.restore(words["life"])
    return state
