"""Who sends: each distinct identity is checked once, then known by its raw bytes."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError
from pydantic import ValidationError

from schemas import telemetry_pb2
from schemas.rejects import Reason, Reject
from schemas.telemetry import VIN_SHAPE, Identity

MAX_IDENTITY_BYTES = 1_024
MAX_DETAIL = 500

Value = TypeVar("Value")


@dataclass(slots=True, frozen=True)
class CheckedIdentity:
    """An identity that passed every check. ``hash``: 64 bits over all its fields, the same for every encoding."""

    identity: Identity
    key: bytes
    raw: bytes
    hash: int


@dataclass(slots=True)
class Bounded(Generic[Value]):
    """A dictionary of at most two times ``limit`` entries that forgets what was not asked for lately.

    Two generations: when the young one is full it becomes the old one, and what the old one held is forgotten.
    """

    limit: int
    young: dict[bytes, Value] = field(default_factory=dict)
    old: dict[bytes, Value] = field(default_factory=dict)

    def get(self, key: bytes) -> Value | None:
        """The value, or None when it is not known (any more)."""
        value = self.young.get(key)
        if value is None:
            value = self.old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: bytes, value: Value) -> None:
        """Remember a value."""
        if len(self.young) >= self.limit:
            self.old, self.young = self.young, {}
        self.young[key] = value


class Identities:
    """Checks the identities of one maker's pipeline."""

    def __init__(self, maker: str, variants: Collection[str], limit: int = 1 << 16) -> None:
        self.maker = maker
        self.variants = frozenset(variants)
        self.known: Bounded[CheckedIdentity] = Bounded(limit)
        self._refused: Bounded[Reject] = Bounded(1 << 10)  # apart, so that a flood of bad ones evicts no good one

    def check(self, raw: bytes) -> CheckedIdentity | Reject:
        """The identity behind an encoded ``Identity``, or why it is refused."""
        known = self.known.get(raw)
        if known is not None:
            return known
        if len(raw) > MAX_IDENTITY_BYTES:
            return refuse(Reason.INVALID_IDENTITY, f"identity has {len(raw)} bytes, at most {MAX_IDENTITY_BYTES}")
        refused = self._refused.get(raw)
        if refused is not None:
            return refused
        checked = self._check(raw)
        if isinstance(checked, Reject):
            self._refused.put(raw, checked)
        else:
            self.known.put(raw, checked)
        return checked

    def _check(self, raw: bytes) -> CheckedIdentity | Reject:
        try:
            message = telemetry_pb2.Identity.FromString(raw)
        except DecodeError as error:
            return refuse(Reason.INVALID_IDENTITY, f"identity is not an encoded Identity: {error}")
        for name in ("unit", "vehicle"):
            if VIN_SHAPE.fullmatch(getattr(message, name)):
                return refuse(Reason.VIN_SHAPED_ID, f"{name} could be a VIN (17 characters): send a pseudonym")
        try:
            identity = Identity(**{name: getattr(message, name) for name in Identity.model_fields})
        except ValidationError as error:
            return refuse(Reason.INVALID_IDENTITY, explain(error))
        if identity.maker != self.maker:
            return refuse(Reason.FOREIGN_MAKER, f"maker {identity.maker!r} sent to the stream of {self.maker!r}")
        if identity.variant not in self.variants:
            known = ", ".join(sorted(self.variants))
            return refuse(Reason.UNKNOWN_VARIANT, f"variant {identity.variant!r} is not one of: {known}")
        return checked(identity)


def checked(identity: Identity) -> CheckedIdentity:
    """Give an identity its key, canonical bytes and hash."""
    raw = encode_identity(identity)
    digest = hashlib.blake2b(raw, digest_size=8).digest()
    return CheckedIdentity(identity, identity.unit.encode(), raw, int.from_bytes(digest, "little"))


def encode_identity(identity: Identity) -> bytes:
    """The canonical bytes of an identity, as they stand in ``Frame.identity``."""
    return telemetry_pb2.Identity(**vars(identity)).SerializeToString(deterministic=True)


def refuse(reason: Reason, detail: str) -> Reject:
    """A Reject whose detail fits into a message header: ASCII and of bounded length."""
    return Reject(reason, detail.encode("ascii", "backslashreplace").decode()[:MAX_DETAIL])


def explain(error: ValidationError) -> str:
    """The first problems pydantic found, without the (possibly private, possibly huge) input."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, p['loc'][:4]))[:80]}: {p['msg'][:120]}" for p in problems[:3])
