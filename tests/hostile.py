"""Messages nobody should send: every kind of broken, lying or misleading frame, among those of a good fleet."""

import json
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from schemas import telemetry_pb2
from schemas.telemetry import FRAME_CONTENT_TYPE, JSON_CONTENT_TYPE, TICK_CONTENT_TYPE, Identity
from streams.codec import encode_frame

BINARY = (("content-type", FRAME_CONTENT_TYPE.encode()),)
JSON = (("content-type", JSON_CONTENT_TYPE.encode()),)
TICK = (("content-type", TICK_CONTENT_TYPE.encode()),)
VICTIM = "victim"
"""Units whose numbering and clock are attacked; the good units must not notice."""


class Sent(NamedTuple):
    """A message as it goes to the broker. ``kind`` names the attack, "good" is none."""

    kind: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def hostile_messages(count: int, maker: str, variant: str, start_us: int, now_us: int, seed: int = 1) -> list[Sent]:
    """``count`` hostile messages, every kind equally often, aimed at units named ``victim-…``.

    ``start_us``: of what the victims send; ``now_us``: the broker's clock when the messages arrive.
    """
    attack = _Attack(maker, variant, start_us, now_us, random.Random(seed))
    kinds: Sequence[tuple[str, Callable[[], Sent]]] = attack.kinds()
    made = []
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        made.append(make()._replace(kind=kind))
    return made


class _Attack:
    def __init__(self, maker: str, variant: str, start_us: int, now_us: int, rng: random.Random) -> None:
        self.maker, self.variant, self.start_us, self.now_us, self.rng = maker, variant, start_us, now_us, rng
        self.sequence = 0
        self.sent: list[Sent] = []

    def kinds(self) -> list[tuple[str, Callable[[], Sent]]]:
        """Name of each attack and what makes one."""
        names = [name for name in dir(self) if name.startswith("make_")]
        return [(name.removeprefix("make_"), getattr(self, name)) for name in names]

    def identity(self, **changes: object) -> Identity:
        """Identity of a victim; ``changes`` may break every rule."""
        unit = f"{VICTIM}-{self.rng.randrange(8):02d}"
        facts = {"unit": unit, "vehicle": f"v-{unit}", "maker": self.maker, "variant": self.variant} | changes
        return Identity.model_construct(
            **({"hardware": "B1", "firmware": "1.0", "model_year": 2026} | facts)  # type: ignore[arg-type]
        )

    def frame(self, identity: Identity | None = None, **changes: object) -> telemetry_pb2.Frame:
        """A lawful frame of a victim, with some fields changed."""
        frame = telemetry_pb2.Frame.FromString(self.lawful(identity or self.identity()))
        for name, value in changes.items():
            if isinstance(value, list):
                getattr(frame, name).extend(value)
            else:
                setattr(frame, name, value)
        return frame

    def lawful(self, identity: Identity, samples: int = 20) -> bytes:
        """Bytes of a frame without fault."""
        self.sequence += 1
        times_us = self.start_us + 2_000_000 * self.sequence + 100_000 * np.arange(samples)
        wave = np.sin(np.arange(samples) / 9)
        signals = {"motor_speed_rpm": 3000 + 500 * wave, "torque_nm": 40 * wave, "winding_temp_c": 60 + wave}
        return encode_frame(identity, 1, self.sequence, times_us, signals)

    def send(self, frame: telemetry_pb2.Frame | bytes, key: bytes | None = None) -> Sent:
        """Sent under its own unit's key, unless another is given."""
        value = frame if isinstance(frame, bytes) else frame.SerializeToString()
        if key is None:
            key = telemetry_pb2.Identity.FromString(telemetry_pb2.Frame.FromString(value).identity).unit.encode()
        sent = Sent("", key, value, BINARY)
        self.sent.append(sent)
        return sent

    def json(self, **changes: object) -> Sent:
        """A JSON frame with some members replaced."""
        identity = self.identity()
        self.sequence += 1
        frame: dict[str, object] = {
            "identity": identity.model_dump(),
            "boot": 1,
            "sequence": self.sequence,
            "start_us": self.start_us + 2_000_000 * self.sequence,
            "interval_us": 100_000,
            "signals": {"motor_speed_rpm": [1000.0, 1010.0], "torque_nm": [5.0, None]},
        }
        return Sent("", identity.unit.encode(), json.dumps(frame | changes).encode(), JSON)

    def random_bytes(self, most: int = 300) -> bytes:
        """Between 1 and ``most`` bytes."""
        return self.rng.randbytes(self.rng.randrange(1, most))

    def make_random_bytes(self) -> Sent:
        return Sent("", self.random_bytes(30), self.random_bytes(), self.rng.choice((BINARY, JSON, TICK)))

    def make_no_content_type(self) -> Sent:
        return self.send(self.frame())._replace(headers=())

    def make_odd_content_type(self) -> Sent:
        return self.send(self.frame())._replace(headers=(("content-type", self.random_bytes(20)),))

    def make_empty(self) -> Sent:
        return Sent("", b"victim-00", self.rng.choice((None, b"")), BINARY)

    def make_truncated(self) -> Sent:
        value = self.lawful(self.identity())
        return Sent("", b"victim-00", value[: self.rng.randrange(1, len(value))], BINARY)

    def make_bit_flips(self) -> Sent:
        identity = self.identity()
        value = bytearray(self.lawful(identity))
        for _ in range(self.rng.randrange(1, 6)):
            value[self.rng.randrange(len(value))] ^= 1 << self.rng.randrange(8)
        return Sent("", identity.unit.encode(), bytes(value), BINARY)

    def make_json_wrong_types(self) -> Sent:
        wrong: list[dict[str, object]] = [
            {"boot": "one"}, {"sequence": -1}, {"sequence": 1.5}, {"start_us": None}, {"signals": []},
            {"signals": {"motor_speed_rpm": [1.0, 2.0], "torque_nm": ["a", "b"]}}, {"interval_us": 0},
            {"identity": "me"}, {"surprise": 1}, {"signals": {"motor_speed_rpm": [1.0], "torque_nm": [1.0, 2.0]}},
            {"boot": 10**400}, {"offsets_us": [0, 0]}, {"signals": {}}, {"sampling": "mode"},
        ]  # fmt: skip
        return self.json(**self.rng.choice(wrong))

    def make_json_nan(self) -> Sent:
        return self.json(signals={"motor_speed_rpm": [float("nan"), float("inf")], "torque_nm": [1.0, -float("inf")]})

    def make_json_deep(self) -> Sent:
        depth = self.rng.randrange(1_000, 50_000)
        return Sent("", b"victim-00", b"[" * depth + b"]" * depth, JSON)

    def make_huge(self) -> Sent:
        return self.send(self.frame(block=bytes(12 * self.rng.choice([6_001, 7_000, 40_000]))))

    def make_vin_shaped_unit(self) -> Sent:
        vin = "".join(self.rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17))
        return self.send(self.frame(self.identity(unit=vin)))

    def make_vin_shaped_vehicle(self) -> Sent:
        vin = "".join(self.rng.choice("abcdefghjklmnprstuvwxyz0123456789") for _ in range(17))
        return self.send(self.frame(self.identity(vehicle=vin)))

    def make_bad_name(self) -> Sent:
        name = self.rng.choice(["", "a b", "../../etc", "x" * 200, "ünit", "a,b=c", "a\nb", "\x00"])
        return self.send(self.frame(self.identity(unit=name)))

    def make_unknown_variant(self) -> Sent:
        return self.send(self.frame(self.identity(variant=f"no-such-{self.rng.randrange(1000)}")))

    def make_foreign_maker(self) -> Sent:
        return self.send(self.frame(self.identity(maker="somebody-else")))

    def make_key_mismatch(self) -> Sent:
        return self.send(self.frame(), key=b"another-unit")

    def make_no_key(self) -> Sent:
        return self.send(self.frame())._replace(key=None)

    def make_unknown_signal(self) -> Sent:
        return self.send(self.frame(signals=bytes([1, 2, self.rng.randrange(60, 256)])))

    def make_duplicate_signal(self) -> Sent:
        return self.send(self.frame(signals=bytes([1, 2, 1])))

    def make_no_required_signal(self) -> Sent:
        return self.send(self.frame(signals=bytes([1, 3, 12])))

    def make_no_samples(self) -> Sent:
        return self.send(self.frame(block=b""))

    def make_block_length(self) -> Sent:
        return self.send(self.frame(block=bytes(self.rng.choice([1, 11, 13, 239]))))

    def make_no_interval(self) -> Sent:
        return self.send(self.frame(interval_us=0))

    def make_bad_offsets(self) -> Sent:
        offsets = self.rng.choice([[0] * 20, list(range(20, 0, -1)), list(range(1, 21)), list(range(19))])
        return self.send(self.frame(interval_us=0, offsets_us=offsets))

    def make_clock_ahead(self) -> Sent:
        return self.send(self.frame(start_us=4_102_444_800_000_000))  # 2100

    def make_reaches_ahead(self) -> Sent:
        """Begins now and ends up to an hour from now."""
        offsets = [*range(19), self.rng.choice([400, 3_600]) * 1_000_000]
        return self.send(self.frame(start_us=self.now_us, interval_us=0, offsets_us=offsets))

    def make_clock_never_set(self) -> Sent:
        return self.send(self.frame(start_us=self.rng.choice([0, -1, -(1 << 62), (1 << 63) - 1, 86_400_000_000])))

    def make_clock_back(self) -> Sent:
        return self.send(self.frame(start_us=self.start_us - 3_600_000_000))

    def make_sequence_jump(self) -> Sent:
        return self.send(self.frame(sequence=self.rng.choice([1 << 62, 1 << 40, self.sequence + 5_000])))

    def make_boot_jump(self) -> Sent:
        return self.send(self.frame(boot=self.rng.choice([0, 2, 7, (1 << 32) - 1])))

    def make_old_sequence(self) -> Sent:
        return self.send(self.frame(sequence=0))

    def make_duplicate(self) -> Sent:
        return self.rng.choice(self.sent) if self.sent else self.send(self.frame())

    def make_not_a_number(self) -> Sent:
        block = np.full((20, 3), self.rng.choice([np.nan, np.inf, -np.inf, 3e38]), "<f4").tobytes()
        return self.send(self.frame(block=block))

    def make_tick_from_the_future(self) -> Sent:
        return Sent("", None, json.dumps({"time_us": 4_102_444_800_000_000}).encode(), TICK)

    def make_malformed_tick(self) -> Sent:
        wrong = [b"{}", b"now", b'{"time_us": "1"}', b'{"time_us": 1e300}', b"[1]", b'{"time_us": true}']
        return Sent("", None, self.rng.choice(wrong), TICK)
