"""The fleet stage tells the same story for every cut of its log, every restart and every order of the partitions."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from schemas.daily import Acknowledge, Part, ServiceEvent, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.fleet_log import encode
from streams.fleet_pipeline import EPOCH, FleetPipeline, as_log
from streams.records import LogRecord, Message
from streams.sinks.lines import LinesSink
from tests.fleet_days import Fleet, Injection
from tests.fleet_records import FIRST_DAY, MAKER, interleaved, log_of, registrations
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US

PARTITIONS, DAYS = 3, 48
FLEET = Fleet(
    7,
    60,
    (
        Injection("pump", 1.0, np.array([9, 30]), np.array([30, 33])),
        Injection("bearing_wear", 1.0, np.array([20]), np.array([31])),
    ),
)
TOLD = log_of(FLEET, FLEET.days(DAYS, FIRST_DAY), PARTITIONS)


def with_late_parts(log: list[LogRecord], rng: random.Random) -> list[LogRecord]:
    """Some parts come hundreds of records later, after their partition's marker and after their day."""
    timed = []
    for place, record in enumerate(log):
        late = record.key is not None and rng.random() < 0.02
        timed.append((place + (rng.randrange(100, 600) if late else 0), place, record))
    return [record for _, _, record in sorted(timed, key=lambda one: one[:2])]


def with_people(log: list[LogRecord]) -> list[LogRecord]:
    """Work on a unit, and the commands that people would give at the alerts of an undisturbed run."""
    done = ServiceEvent(
        unit="u000030", maker=MAKER, action="replaced", part=Part.PUMP, time_us=(FIRST_DAY + 42) * DAY_US, failed=True
    )
    half = len(log) * 15 // 16
    alerts = [one for one in story(log[:half], None) if one.transition is FleetTransition.OPENED]
    assert len(alerts) >= 2
    until = EPOCH.fromordinal(EPOCH.toordinal() + FIRST_DAY + 60)
    said = [
        Acknowledge(maker=MAKER, alert_id=alerts[0].alert_id, time_us=1),
        Snooze(maker=MAKER, alert_id=alerts[1].alert_id, until=until, time_us=1),
    ]
    return [*log[:half], *(record for item in (done, *said) for record in encode(item)), *log[half:]]


def story(log: Sequence[LogRecord], seed: int | None, restarts: bool = False) -> list[FleetAlert]:
    """Alerts of a run cut at random, saved now and then, and perhaps killed: from a save on everything comes again."""
    rng = random.Random(seed)
    records: list[Message] = list(as_log(log))
    pipeline = FleetPipeline(MAKER, PARTITIONS, FleetRules(), [])
    saved, saved_at, told, at = pipeline.cut(), 0, list[FleetAlert](), 0
    while at < len(records):
        size = len(records) if seed is None else rng.randrange(1, 300)
        pipeline.process(records[at : at + size])
        at = min(at + size, len(records))
        if rng.random() < 0.3 or at == len(records):
            saved, saved_at = pipeline.cut(), at
            told += saved.told
        elif restarts and rng.random() < 0.4:
            pipeline = FleetPipeline(MAKER, PARTITIONS, FleetRules(), [])
            pipeline.restore(saved.closed, saved.waiting)
            at = saved_at
    return told


REGISTRY = list(registrations(FLEET))
LOG = with_people(REGISTRY + with_late_parts(interleaved(TOLD, 1), random.Random(1)))
WHOLE = story(LOG, None)


def test_the_story_has_every_kind_of_step() -> None:
    steps = {alert.transition for alert in WHOLE}
    assert {FleetTransition.OPENED, FleetTransition.ACKNOWLEDGED, FleetTransition.SNOOZED} <= steps
    assert {"u000009", "u000020", "u000030"} <= {alert.subject for alert in WHOLE}
    assert len({alert.id for alert in WHOLE}) == len(WHOLE)


@pytest.mark.parametrize("seed", range(2))
def test_any_cut_of_the_log_tells_the_same(seed: int) -> None:
    assert story(LOG, seed) == WHOLE


@pytest.mark.parametrize("seed", range(4))
def test_a_restart_at_any_record_loses_changes_and_repeats_nothing(seed: int) -> None:
    assert story(LOG, 100 + seed, restarts=True) == WHOLE


def test_the_order_of_the_partitions_does_not_matter_where_nothing_is_late() -> None:
    orders = [story(REGISTRY + interleaved(TOLD, seed), None) for seed in (2, 3)]
    orders.append(story(REGISTRY + [record for told in TOLD for record in told], None))
    assert orders[0] == orders[1] == orders[2]
    assert len(orders[0]) >= 3


def test_points_and_alerts_are_the_same_lines_whatever_the_batches(tmp_path_factory: pytest.TempPathFactory) -> None:
    found = []
    for size in (50, 10_000):
        path = tmp_path_factory.mktemp("lines") / "lines.lp"
        sink = LinesSink(path)
        pipeline = FleetPipeline(MAKER, PARTITIONS, FleetRules(), [sink])
        records = list(as_log(LOG))
        for at in range(0, len(records), size):
            pipeline.process(records[at : at + size])
        sink.close()
        found.append(sorted(path.read_bytes().splitlines()))
    assert found[0] == found[1]
    assert sum(line.startswith(b"edu_alert,") for line in found[0]) == len(WHOLE)
    assert sum(line.startswith(b"edu_fleet,") for line in found[0]) > 1_000
