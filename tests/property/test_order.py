"""Whatever numbers and clocks a sender comes up with: nothing is lost from the books, and no unit is muted."""

from dataclasses import replace
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rejects import Reason
from streams.frames import Frame
from streams.order import FAR, MAX_OVERLAP_US, WINDOW, Delivery, Ordered
from streams.records import Message
from tests.frames import FRAME_US, MINUTE_US, NOON_US, decoded, record, value

(TEMPLATE,) = decoded([record(value())])
BOOTS = st.sampled_from([0, 1, 1, 1, 2, 3, (1 << 32) - 1])
NEAR_FAR = [1_000, FAR + 2, FAR + 6, FAR + 7, FAR + 16]
SEQUENCES = st.integers(0, 40) | st.sampled_from([*NEAR_FAR, 5_000, 5_001, 1 << 62, (1 << 63) - 2])
STARTS = st.integers(-60, 300).map(lambda tenths: NOON_US + tenths * FRAME_US // 10)
ALL = settings(max_examples=300, deadline=None)


class Sent(NamedTuple):
    boot: int
    sequence: int
    start_us: int


IN_STEP = st.integers(0, 12).map(lambda number: Sent(1, number, NOON_US + number * FRAME_US))
LIVE = st.sampled_from(NEAR_FAR).map(lambda number: Sent(1, number, NOON_US + 25 * FRAME_US))
SENT = st.builds(Sent, BOOTS, SEQUENCES, STARTS) | IN_STEP | LIVE
TICK = st.integers(0, 10).map(lambda minutes: NOON_US + minutes * MINUTE_US)


def frame(sent: Sent, offset: int) -> Frame:
    """A frame whose record is as small as one can be."""
    stamp = Message(b"unit-1", bytes(100), (), sent.start_us // 1_000, offset)
    end_us = sent.start_us + FRAME_US - 1
    return replace(
        TEMPLATE, boot=sent.boot, sequence=sent.sequence, start_us=sent.start_us, end_us=end_us, record=stamp
    )


def in_sequence(delivery: Delivery, frame: Frame) -> bool:
    return frame.boot == delivery.boot and 0 <= frame.sequence - delivery.expected < FAR


def feed(delivery: Delivery, events: list[Sent | int], out: Ordered) -> None:
    for offset, event in enumerate(events):
        if isinstance(event, Sent):
            delivery.offer(frame(event, offset), out)
        else:
            delivery.tick(event, out)
        assert len(delivery.waiting.frames) <= WINDOW
        assert len(delivery.openers.frames) <= WINDOW
        ahead = [one.sequence - delivery.expected for one in delivery.waiting.frames.values()]
        assert all(0 < numbers < FAR for numbers in ahead)
        assert not any(in_sequence(delivery, one) for one in delivery.openers.frames.values())


@ALL
@given(st.lists(SENT | TICK, max_size=80))
def test_every_frame_is_taken_waits_or_is_refused(events: list[Sent | int]) -> None:
    delivery, out = Delivery(), Ordered()
    feed(delivery, events, out)
    assert all(one.reject.reason is not Reason.DUPLICATE for one in out.refused)
    sent = sum(isinstance(event, Sent) for event in events)
    assert len(out.frames) + len(out.refused) + out.duplicates + delivery.held == sent
    delivery.release(out)
    assert delivery.held == 0
    assert len(out.frames) + len(out.refused) + out.duplicates == sent


@ALL
@given(st.lists(SENT | TICK, max_size=80))
def test_time_never_runs_back_by_more_than_a_second(events: list[Sent | int]) -> None:
    delivery, out = Delivery(), Ordered()
    feed(delivery, events, out)
    delivery.release(out)
    end_us = 0
    for taken in out.frames:
        assert taken.start_us >= end_us - MAX_OVERLAP_US
        end_us = max(end_us, taken.end_us)


@ALL
@given(st.lists(SENT | TICK, max_size=40), BOOTS, SEQUENCES.filter(lambda number: number < 1 << 62))
def test_no_history_mutes_a_unit(events: list[Sent | int], boot: int, first: int) -> None:
    delivery, out = Delivery(), Ordered()
    feed(delivery, events, out)
    delivery.release(out)
    before = len(out.frames)
    healthy: list[Sent | int] = [Sent(boot, first + n, NOON_US + (40 + n) * FRAME_US) for n in range(20)]
    feed(delivery, healthy, out)
    delivery.release(out)
    taken = [Sent(one.boot, one.sequence, one.start_us) for one in out.frames[before:]]
    assert taken == [sent for sent in healthy if sent in taken], "in order"
    assert len(taken) >= len(healthy) - WINDOW
    assert taken[-1] == healthy[-1]


@ALL
@given(st.lists(SENT | TICK, max_size=60), st.data())
def test_saved_and_restored_at_any_moment_it_goes_on_the_same(events: list[Sent | int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(events)))
    straight, out = Delivery(), Ordered()
    feed(straight, events[:cut], out)
    waiting = {one.record.offset: one for one in (*straight.waiting.frames.values(), *straight.openers.frames.values())}
    copy = Delivery.unpack(straight.pack(), lambda record: waiting[record.offset])
    other = Ordered()
    out.frames.clear()
    out.refused.clear()
    out.duplicates = 0
    for delivery, result in ((straight, out), (copy, other)):
        for offset, event in enumerate(events[cut:], start=cut):
            if isinstance(event, Sent):
                delivery.offer(frame(event, offset), result)
            else:
                delivery.tick(event, result)
    assert straight.pack() == copy.pack()
    assert [one.record.offset for one in out.frames] == [one.record.offset for one in other.frames]
    assert [one.reject for one in out.refused] == [one.reject for one in other.refused]
    assert out.duplicates == other.duplicates
