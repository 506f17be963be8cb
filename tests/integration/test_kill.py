"""Nothing is lost and nothing counts twice, whatever is killed when."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.local import InfluxDB, Kafka
from streams.records import Message
from tests.integration.runs import PARTITIONS, SESSION_S, Run
from tests.integration.storm import (
    CLEAN_EXITS,
    Victim,
    kill_at,
    kill_at_random,
    leave_while_influxdb_hangs,
    pause_beyond_session,
)
from tests.integration.traffic import Publisher, beside_made_up, road_trips

MAKER = "killtest"
STRETCHED_S = 240.0
"""Longer than the calamities take: there is input for each of them. What is left afterwards comes at once."""
PLACES = ("before-flush", "between-flush-and-save", "inside-the-transaction", "between-save-and-ack")
MADE_UP_UNITS = 4
"""Beside the recorded ones, for these give no alert."""
pytestmark = [pytest.mark.stack, pytest.mark.data]


def undisturbed(run: Run, messages: list[Message]) -> None:
    """One worker from the first record to the last."""
    publisher = Publisher(run.kafka.bootstrap, run.topic("telemetry"), PARTITIONS, messages)
    publisher.start()
    worker = run.worker("calm")
    try:
        worker.start()
        publisher.finish(60)
        run.await_saved(publisher.ends, 60)
        assert worker.end() == 0
    finally:
        worker.close()


@pytest.mark.timeout(330)
def test_a_run_full_of_kills_ends_like_an_undisturbed_one(
    kafka: Any,
    influxdb: Any,
    make_kafka: Callable[[], Kafka],
    make_influxdb: Callable[[], InfluxDB],
    tmp_path: Path,
) -> None:
    messages = beside_made_up(road_trips(MAKER), MAKER, MADE_UP_UNITS)
    calm = Run("calm", MAKER, kafka, influxdb, tmp_path)
    calm.setup()
    stormy = Run("stormy", MAKER, make_kafka(), make_influxdb(), tmp_path)
    stormy.setup()
    with ThreadPoolExecutor() as beside:
        quiet = beside.submit(undisturbed, calm, messages)
        through_the_storm(stormy, messages)
        quiet.result()
    assert_same_results(calm, stormy)


def through_the_storm(stormy: Run, messages: list[Message]) -> None:
    """Two workers, every calamity, and in the end everything saved."""
    publisher = Publisher(stormy.kafka.bootstrap, stormy.topic("telemetry"), PARTITIONS, messages, seconds=STRETCHED_S)
    first = Victim(stormy, "first", [*[kill_at_random] * 3, *map(kill_at, PLACES), *[kill_at_random] * 2])
    second = Victim(
        stormy,
        "second",
        [*[kill_at_random] * 3, leave_while_influxdb_hangs, *[kill_at_random] * 2, pause_beyond_session(SESSION_S + 4)],
        delay_s=6,
    )
    victims = [first, second]
    publisher.start()
    began_s = time.monotonic()
    try:
        for victim in victims:
            victim.start()
        for victim in victims:
            victim.join(230)
            if victim.failure:
                raise victim.failure
            assert not victim.is_alive()
        stormy.kafka.kill()
        stormy.kafka.start()
        print(f"calamities took {time.monotonic() - began_s:.0f} s")
        publisher.finish(90)
        stormy.await_saved(publisher.ends, 60)
        assert {victim.worker.end() for victim in victims} <= CLEAN_EXITS
    finally:
        publisher.release()
        for victim in victims:
            victim.worker.close()

    kills = first.kills + second.kills
    fell = Counter(kill.place for kill in kills)
    print(f"kills: {dict(fell)}, stretched over {publisher.seconds_taken:.0f} s")
    assert publisher.seconds_taken >= 60
    assert fell["random"] >= 10
    assert all(fell[place] == 1 for place in PLACES)
    assert any(kill.between_checkpoints for kill in kills if kill.place == "random")


def assert_same_results(calm: Run, stormy: Run) -> None:
    """Estimates bit for bit, points and rows one for one; and that there are any."""
    expected, found = calm.rows(), stormy.rows()
    assert expected.keys() == found.keys()
    assert len(expected) >= 16
    different = [unit for unit, snapshot in expected.items() if bytes(snapshot.row) != bytes(found[unit].row)]
    assert not different, f"{len(different)} of {len(expected)} estimates differ: {different[:5]}"
    for quiet, disturbed in ((calm.points(), stormy.points()), (calm.lake_rows(), stormy.lake_rows())):
        for name, facts in quiet.items():
            assert facts or name == "refused", f"nothing in {name}"
            assert facts == disturbed[name], name
