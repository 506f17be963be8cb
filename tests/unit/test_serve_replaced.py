"""A part that was replaced: the API tells the wear of the new one, though the unit itself sums that of all its life."""

from datetime import date

import numpy as np
import pytest

from schemas.components import Component
from schemas.daily import Mounting, Part, Registration, ServiceEvent
from schemas.results import MEASUREMENT
from streams.fleet_log import encode
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.log_files import lines
from streams.results import Output, Points
from streams.serve.commands_log import FileLog
from streams.serve.fleet_view import FleetView
from streams.serve.kafka_log import origins
from streams.serve.lake_reader import LakeReader
from streams.sinks.lake import LakeSink
from tests.fleet_days import Fleet
from tests.fleet_records import FIRST_DAY, MAKER, WEAR, log_of
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US, HEALTH

UNIT, VARIANT, DAYS, REPLACED = "u000000", "bmw-gen5-rear", 20, 14
FACTS = {"variant": VARIANT, "vehicle": "v", "mounting": Mounting.REAR, "plant": "p0", "built": date(2024, 1, 1)}


def known() -> tuple[Registration, ServiceEvent]:
    time_us = (FIRST_DAY + REPLACED) * DAY_US + 1
    change = ServiceEvent(unit=UNIT, maker=MAKER, action="replaced", part=Part.OIL, time_us=time_us)
    return Registration(unit=UNIT, maker=MAKER, **FACTS), change  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[FleetView, FleetPipeline]:
    """One unit, of which oil is worn most against design by its own sum; the oil was changed."""
    folder = tmp_path_factory.mktemp("replaced")
    fleet = Fleet(1, 1)
    (told,) = log_of(fleet, fleet.days(DAYS, FIRST_DAY), 1)
    sink = LakeSink(folder / "lake")
    stage = FleetPipeline(MAKER, 1, FleetRules(), [sink])
    stage.process(list(as_log([*(record for one in known() for record in encode(one)), *told])))
    records = np.zeros(2, dtype=HEALTH)
    records["component"], records["time_us"] = (Component.OIL, Component.SEAL), (FIRST_DAY + DAYS) * DAY_US
    records["damage"], records["design_ratio"] = 0.5, (3.0, 2.0)
    model = MEASUREMENT["edu_health"]
    sink.write(Output(0, [Points("edu_health", model, MAKER, VARIANT, "test", [UNIT] * 2, records, np.arange(2))]))
    sink.flush()
    sink.close()
    (folder / "log.jsonl").write_text("".join(lines(known())))
    view = FleetView(LakeReader(folder / "lake"), FileLog(folder / "log.jsonl"))
    view.refresh()
    return view, stage


def test_its_wear_is_that_of_the_new_part_and_says_since_when(served: tuple[FleetView, FleetPipeline]) -> None:
    twin = served[0].twin(UNIT)
    assert twin is not None
    wear = {one.component: one for one in twin.health}
    oil = next(one for one in twin.remaining_life if one.component == "oil")
    assert wear["oil"].damage == oil.damage
    assert oil.damage is not None
    assert WEAR[Component.OIL] <= oil.damage <= (DAYS - REPLACED - 1) * WEAR[Component.OIL] * 1.001
    assert wear["oil"].design_ratio != 3.0
    assert str(wear["oil"].since) == "2024-10-19"
    assert (wear["seal"].damage, wear["seal"].design_ratio, wear["seal"].since) == (0.5, 2.0, None)


def test_what_is_worn_most_is_a_part_that_was_never_replaced(served: tuple[FleetView, FleetPipeline]) -> None:
    summary = served[0].summaries[UNIT]
    assert (summary.worst_component, summary.worst_design_ratio) == ("seal", 2.0)


def test_a_log_in_kafka_knows_the_same_of_it(served: tuple[FleetView, FleetPipeline]) -> None:
    (of_file,) = served[0].log.origins()
    (of_state,) = origins(served[1].state)
    assert of_file.replaced == of_state.replaced == {"oil"}
