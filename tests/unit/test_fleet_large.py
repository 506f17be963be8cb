"""A large fleet: while one of its days closes, the worker stays a member of its group."""

import threading
import time
from itertools import pairwise
from typing import Any

from mode.threads import ServiceThread

from streams.fleet_pipeline import FleetPipeline, as_log
from streams.settings import Settings
from streams.transport import BatchApp, Consumer, ConsumerThread
from tests.fleet_days import Fleet
from tests.fleet_records import FIRST_DAY, MAKER, Seen, log_of, registrations
from twin.fleet.rules import FleetRules

UNITS = 10_000
BEAT_S = 0.02


def test_the_group_is_kept_by_a_thread_of_its_own() -> None:
    """Closing a day holds up the event loop of the stage; heartbeats are sent from another one."""
    app = BatchApp("fleet", broker="kafka://127.0.0.1:1")
    consumer: Any = Consumer(app.transport, print, on_partitions_revoked=print, on_partitions_assigned=print)
    thread = consumer._new_consumer_thread()
    assert isinstance(thread, ConsumerThread)
    assert isinstance(thread, ServiceThread)


def test_closing_a_day_of_ten_thousand_units_lets_other_threads_on_in_a_tenth_of_the_session() -> None:
    fleet = Fleet(7, UNITS)
    records = [*registrations(fleet), *log_of(fleet, fleet.days(2, FIRST_DAY), 1)[0]]
    pipeline = FleetPipeline(MAKER, 1, FleetRules(), [Seen()])
    beats, done = [time.monotonic()], threading.Event()

    def beat() -> None:
        while not done.wait(BEAT_S):
            beats.append(time.monotonic())

    heart = threading.Thread(target=beat)
    heart.start()
    pipeline.process(list(as_log(records)))
    cut = pipeline.cut()
    done.set()
    heart.join()
    assert pipeline.state.day == FIRST_DAY + 1
    assert len(cut.closed) > UNITS * 1_000
    assert len(beats) > 20
    longest_s = max(after - before for before, after in pairwise(beats))
    assert longest_s < 0.1 * Settings.model_fields["session_timeout_s"].default
