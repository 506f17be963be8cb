"""Puts the frames of a unit into order: by boot counter, then by sequence number.

*In sequence* is a frame of the present boot less than FAR ahead of the number expected next. It waits until the frames
before it came, at most until WINDOW others wait too (lowest first, the hole is counted) or a tick finds that nothing
moved for HOLD_US of log time.

Any other frame whose samples lie after those already taken opens a *new numbering*: a newer boot, a jump, a counter
that was reset. It waits by the same limits, apart from the others, so that nothing of the old numbering is lost that is
still on its way and one broken counter changes nothing while the old numbering goes on; once the old numbering comes
near, it waits in sequence (so its number alone says in which group it waits, and a restart changes nothing). Only
frame 0 of a newer boot is taken at once if nothing waits; what then still comes of the older boot is late. So a number
alone never makes a frame refused whose time goes on, and neither a sequence of 2**62 nor a boot of 2**32 - 1 can mute a
unit: at worst its next frames come through up to WINDOW frames late, and of those the few are lost (and named late)
that frames of the present numbering overtake. What comes with a number behind and a time behind is a duplicate (known
by the last 256 numbers) or late; a number that waits already, with another start, is reported as reused.

Log time is what ticks in the partition say, not the broker's clock: recordings published today carry ticks of their
own years. "Since" means since the first tick after the event.

Every unit remembers the highest offset it has applied: records up to it are a redelivery after a restart and have no
effect, whether they were accepted, refused or held.
"""

import struct
from collections.abc import Callable

from schemas.rejects import Reason, Reject
from streams.frames import Frame
from streams.records import Record
from streams.results import Refused
from streams.waiting import WINDOW, Ordered, Waiting, pack_record, unpack_records

__all__ = ["FAR", "HOLD_US", "MAX_OVERLAP_US", "WINDOW", "Delivery", "Ordered"]

FAR = 1_024
HOLD_US = 2 * 60 * 1_000_000
MAX_OVERLAP_US = 1_000_000
RECENT = (1 << 256) - 1
VERSION = 1
HEADER = struct.Struct("<Bqqqqqq32sII")


class Delivery:
    """What is known of the order of one unit's frames. ``boot`` is -1 before the first.

    ``quiet_us`` and ``stalled_us``: log time since nothing came, and since frames wait without any being taken; 0: not
    known, no tick came since. ``late``: frames that came too late (their samples are missing in the estimates).
    """

    __slots__ = (
        "boot",
        "expected",
        "last_end_us",
        "last_offset",
        "late",
        "openers",
        "quiet_us",
        "recent",
        "stalled_us",
        "waiting",
    )

    def __init__(self) -> None:
        self.boot = -1
        self.expected = 0
        self.recent = 0  # bit k: frame number expected - 1 - k came
        self.last_end_us = 0
        self.last_offset = -1
        self.quiet_us = 0
        self.stalled_us = 0
        self.late = 0
        self.waiting = Waiting()
        self.openers = Waiting()

    @property
    def held(self) -> int:
        """Number of frames that wait."""
        return len(self.waiting.frames) + len(self.openers.frames)

    def offer(self, frame: Frame, out: Ordered) -> None:
        """Take a new frame: now, later or not at all."""
        self.last_offset = frame.record.offset
        self.quiet_us = 0
        self._place(frame, out)

    def tick(self, time_us: int, out: Ordered) -> bool:
        """Let log time pass; frames that waited too long are taken. True when anything changed.

        The same ticks again, with nothing in between, change nothing.
        """
        changed = self.quiet_us == 0
        if changed:
            self.quiet_us = time_us
        if self.held:
            if self.stalled_us == 0:
                self.stalled_us = time_us
                changed = True
            elif time_us - self.stalled_us >= HOLD_US:
                self.release(out)
                changed = True
        return changed

    def release(self, out: Ordered) -> None:
        """Take everything that waits."""
        while self.held:
            if self.waiting.frames:
                self._take_lowest(out)
            else:
                self._open_earliest(out)

    def _place(self, frame: Frame, out: Ordered) -> None:
        """Find out what a frame is: the expected one, one in sequence, an opener or one that is behind."""
        ahead = frame.sequence - self.expected
        if ahead == 0 and frame.boot == self.boot:
            self._take(frame, 0, out)
            if self.waiting.frames or self.openers.frames:
                self._go_on(out)
            return
        if self._in_sequence(frame):
            self.waiting.add((frame.sequence,), frame, out)
            while self.waiting.full:
                self._take_lowest(out)
            return
        if self.boot < 0:
            self._open(frame, out)
            return
        reason = self._behind(frame)
        if reason is None:
            self.openers.add(_by_time(frame), frame, out)
            self._go_on(out)
            while self.openers.full:
                self.release(out) if self.waiting.frames else self._open_earliest(out)
        elif reason is Reason.DUPLICATE:
            out.duplicates += 1
        else:
            self._refuse(frame, reason, out)

    def _in_sequence(self, frame: Frame) -> bool:
        return frame.boot == self.boot and 0 <= frame.sequence - self.expected < FAR

    def _look_again(self, frame: Frame, out: Ordered) -> None:
        """Place a frame that waited as an opener, now that the numbering or its end has changed."""
        reason = self._behind(frame)
        if reason is None:
            self._place(frame, out)
        else:  # what came with a new time was no duplicate, whatever its number
            self._refuse(frame, Reason.LATE if reason is Reason.DUPLICATE else reason, out)

    def _behind(self, frame: Frame) -> Reason | None:
        """Why a frame out of sequence cannot open a new numbering; None when it can."""
        if frame.boot > self.boot or (frame.boot == self.boot and frame.sequence >= self.expected):
            return Reason.CLOCK_BACK if frame.start_us < self.last_end_us - MAX_OVERLAP_US else None
        if frame.start_us > self.last_end_us:
            return None
        if frame.boot < self.boot:
            return Reason.OLDER_BOOT
        back = self.expected - 1 - frame.sequence
        return Reason.DUPLICATE if back < 256 and self.recent >> back & 1 else Reason.LATE

    def _take(self, frame: Frame, gaps: int, out: Ordered) -> None:
        """Take a frame of the present boot; ``gaps``: numbers known to be missing before it."""
        if frame.start_us < self.last_end_us - MAX_OVERLAP_US:
            if frame.sequence == self.expected:  # its number is used up, so that the next ones do not wait for it
                self._count(0)
            self._refuse(frame, Reason.CLOCK_BACK, out)
            return
        self._count(frame.sequence - self.expected)
        if frame.end_us > self.last_end_us:
            self.last_end_us = frame.end_us
        frame.gaps = gaps
        out.frames.append(frame)

    def _count(self, skipped: int) -> None:
        self.recent = (self.recent << skipped + 1 | 1) & RECENT if skipped < 256 else 1
        self.expected += skipped + 1
        self.stalled_us = 0

    def _take_lowest(self, out: Ordered) -> None:
        frame = self.waiting.pop(min(self.waiting.frames))
        if frame is not None:
            self._take(frame, frame.sequence - self.expected, out)
            self._go_on(out)

    def _go_on(self, out: Ordered) -> None:
        """Take what waits no longer for anything."""
        while self.held:
            following = self.waiting.pop((self.expected,))
            if following is not None:
                self._take(following, 0, out)
                continue
            self._sort_openers(out)
            if (self.expected,) in self.waiting.frames:
                continue
            if self.waiting.full:
                self._take_lowest(out)
                continue
            if self.waiting.frames or not self.openers.frames:
                return
            first = self.openers.frames[min(self.openers.frames)]
            if first.boot <= self.boot or first.sequence != 0:
                return
            self._open_earliest(out)

    def _sort_openers(self, out: Ordered) -> None:
        """Refuse openers whose time the old numbering has passed; those it has come near wait in sequence from now."""
        for key, frame in sorted(self.openers.frames.items()):
            if self._behind(frame) is not None:
                self.openers.pop(key)
                self._look_again(frame, out)
            elif self._in_sequence(frame):
                self.openers.pop(key)
                self.waiting.add((frame.sequence,), frame, out)

    def _open_earliest(self, out: Ordered) -> None:
        """Begin the numbering of the earliest opener; the others are looked at anew."""
        first, *others = (self.openers.frames[key] for key in sorted(self.openers.frames))
        self.openers = Waiting()
        if self._behind(first) is None:
            self._open(first, out)
        else:
            self._look_again(first, out)
        for frame in others:
            self._look_again(frame, out)

    def _open(self, frame: Frame, out: Ordered) -> None:
        """Begin a numbering. The first frames of a newer boot are known to be missing; of a jump, one hole is."""
        gaps = 0
        if self.boot >= 0:
            gaps = frame.sequence if frame.boot > self.boot and frame.sequence < FAR else 1
        self.boot, self.expected, self.recent = frame.boot, frame.sequence, 0
        self._take(frame, gaps, out)

    def _refuse(self, frame: Frame, reason: Reason, out: Ordered) -> None:
        late = reason is not Reason.CLOCK_BACK
        self.late += late
        what = f"frame ({frame.boot}, {frame.sequence}) starts at {frame.start_us}"
        detail = f"{what}; taken up to ({self.boot}, {self.expected - 1}), {self.last_end_us}"
        out.refuse(frame, reason, detail, late)

    def pack(self) -> bytes:
        """Bytes for the snapshot, with the raw records of frames that wait."""
        waiting, openers = self.waiting.frames, self.openers.frames
        frames = (*waiting.values(), *openers.values()) if waiting or openers else ()
        header = HEADER.pack(
            VERSION,
            self.boot,
            self.expected,
            self.last_end_us,
            self.last_offset,
            self.quiet_us,
            self.stalled_us,
            self.recent.to_bytes(32, "little"),
            self.late & 0xFFFFFFFF,
            len(frames),
        )
        return header + b"".join(pack_record(frame.record) for frame in frames) if frames else header

    @classmethod
    def unpack(
        cls, data: bytes, decode: Callable[[Record], object], refused: list[Refused] | None = None
    ) -> "Delivery":
        """The delivery ``pack`` made the bytes of; what waited and is refused by now goes to ``refused``."""
        delivery = cls()
        version, boot, expected, end, offset, quiet, stalled, recent, late, count = HEADER.unpack_from(data)
        if version != VERSION:
            raise ValueError(f"order of a unit saved as version {version}, this program reads {VERSION}")
        delivery.boot, delivery.expected, delivery.last_end_us = boot, expected, end
        delivery.last_offset, delivery.quiet_us, delivery.stalled_us = offset, quiet, stalled
        delivery.recent, delivery.late = int.from_bytes(recent, "little"), late
        for record in unpack_records(data, HEADER.size, count) if count else ():
            frame = decode(record)
            if isinstance(frame, Frame):
                if delivery._in_sequence(frame):
                    delivery.waiting.add((frame.sequence,), frame, Ordered())
                else:
                    delivery.openers.add(_by_time(frame), frame, Ordered())
            elif isinstance(frame, Reject) and refused is not None:
                refused.append(Refused(record, frame, False))
        return delivery


def _by_time(frame: Frame) -> tuple[int, int, int]:
    return frame.start_us, frame.boot, frame.sequence
