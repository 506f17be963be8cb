"""Why a message was not processed: a value, never an exception."""

from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Reason of a dead letter (the first group) or of a late frame (the second)."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN_CONTENT_TYPE = "unknown_content_type"
    MALFORMED = "malformed"
    INVALID_IDENTITY = "invalid_identity"
    VIN_SHAPED_ID = "vin_shaped_id"
    KEY_MISMATCH = "key_mismatch"
    FOREIGN_MAKER = "foreign_maker"
    UNKNOWN_VARIANT = "unknown_variant"
    UNKNOWN_SIGNAL = "unknown_signal"
    DUPLICATE_SIGNAL = "duplicate_signal"
    NO_REQUIRED_SIGNAL = "no_required_signal"
    NO_SAMPLES = "no_samples"
    TOO_MANY_SAMPLES = "too_many_samples"
    BAD_INTERVAL = "bad_interval"
    BAD_OFFSETS = "bad_offsets"
    BLOCK_LENGTH = "block_length"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BACK = "clock_back"
    CLOCK_INVALID = "clock_invalid"
    SINK_REFUSED = "sink_refused"

    LATE = "late"
    DUPLICATE = "duplicate"
    OLDER_BOOT = "older_boot"
    REUSED_SEQUENCE = "reused_sequence"


class Reject(NamedTuple):
    """A message that was refused, with what a person needs to mend it."""

    reason: Reason
    detail: str


class RefusedHeaders(BaseModel):
    """Headers added to a refused message; key, value and the other headers stay the sender's bytes. All are text."""

    model_config = ConfigDict(extra="allow")

    reason: Reason = Field(alias="edu-reason")
    detail: str = Field(alias="edu-detail", description="what a person needs to mend it, at most 500 characters")
    source_topic: str = Field(alias="edu-source-topic")
    source_partition: str = Field(alias="edu-source-partition", pattern=r"^[0-9]+$")
    source_offset: str = Field(alias="edu-source-offset", pattern=r"^[0-9]+$")
