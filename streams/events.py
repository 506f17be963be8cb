"""Headers of a record that is a CloudEvent in Kafka's binary mode: the same event always has the same ones."""

from datetime import UTC, datetime

Headers = tuple[tuple[str, bytes], ...]


def headers(identity: str, maker: str, kind: str, subject: str, time_us: int) -> Headers:
    """``kind``: ``ce_type``; ``subject``: what it is about; ``time_us``: event time, microseconds UTC."""
    time = datetime.fromtimestamp(time_us // 1_000_000, UTC).replace(microsecond=time_us % 1_000_000)
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", identity.encode()),
        ("ce_source", f"/edu-twin/{maker}".encode()),
        ("ce_type", kind.encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()),
    )
