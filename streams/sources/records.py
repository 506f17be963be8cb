"""From blocks to records: encoded like live frames, with the ticks of event time between them."""

from collections import Counter
from collections.abc import Iterator

from schemas.telemetry import FRAME_CONTENT_TYPE, TICK_CONTENT_TYPE
from streams.encode import encode_frame, encode_tick
from streams.records import Message
from streams.sources import Block, Source
from twin.advance import TICK_DAY_US
from twin.layout import DAY_US

MINUTE_US = 60_000_000
IDLE_TICKS_US = 20 * MINUTE_US
"""After the last frame ticks go on so long: trips end (15 minutes) and held frames are released (2 minutes)."""

_FRAME_HEADERS = (("content-type", FRAME_CONTENT_TYPE.encode()),)
_TICK_HEADERS = (("content-type", TICK_CONTENT_TYPE.encode()),)


def records(source: Source, *, int16: bool = False, lost: Counter[str] | None = None) -> Iterator[Message]:
    """Frames and ticks of a source in event-time order, offsets from 0.

    A tick says that everything that was sent before it is there. There is one each minute while frames flow and for
    20 minutes after, and a last one that closes the day; a longer pause is jumped over. A record's timestamp is the
    newest tick. With ``int16``, values outside the form's range are counted per signal in ``lost``.
    """
    offset = 0
    newest_us = 0
    for block, ticks_us in _with_ticks(source.blocks()):
        for newest_us in ticks_us:
            yield Message(None, encode_tick(newest_us), _TICK_HEADERS, newest_us // 1000, offset)
            offset += 1
        if block is not None:
            value = encode(block, int16=int16, lost=lost)
            yield Message(block.identity.unit.encode(), value, _FRAME_HEADERS, newest_us // 1000, offset)
            offset += 1


def encode(block: Block, *, int16: bool = False, lost: Counter[str] | None = None) -> bytes:
    """The block as a binary frame."""
    return encode_frame(
        block.identity,
        block.boot,
        block.sequence,
        block.times_us,
        block.signals,
        mean=block.mean,
        odometer_km=block.odometer_km,
        int16=int16,
        lost=lost,
    )


def is_tick(record: Message) -> bool:
    """True for a tick made by ``records``."""
    return record.key is None


def _with_ticks(blocks: Iterator[Block]) -> Iterator[tuple[Block | None, list[int]]]:
    """Each block with the ticks due before it; at the end the ticks that close everything."""
    newest_us: int | None = None
    end_us = 0
    for block in blocks:
        sent_us = block.order[0]
        due_us = sent_us // MINUTE_US * MINUTE_US
        ticks_us = [due_us]
        if newest_us is not None:
            ticks_us = list(range(newest_us + MINUTE_US, min(due_us, end_us + IDLE_TICKS_US + MINUTE_US), MINUTE_US))
            ticks_us += [due_us] if due_us > newest_us else []
        yield block, ticks_us
        newest_us, end_us = max(due_us, newest_us or due_us), sent_us
    if newest_us is not None:
        last_us = (end_us // DAY_US + 1) * DAY_US + TICK_DAY_US + IDLE_TICKS_US
        yield None, [*range(newest_us + MINUTE_US, end_us + IDLE_TICKS_US + MINUTE_US, MINUTE_US), last_us]
