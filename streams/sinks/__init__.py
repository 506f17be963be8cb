"""Where results go. Every sink keeps the same four promises, so that checkpoint, replay and tests treat all alike."""

from typing import Protocol

from streams.results import Output


class SinkUnavailableError(RuntimeError):
    """The sink did not confirm in time. Nothing is lost: what was written to it is still queued."""


class Sink(Protocol):
    """A destination of results."""

    def write(self, output: Output) -> None:
        """Take the output and return at once; sent continuously, at most 1 s or 5,000 lines late."""

    @property
    def full(self) -> bool:
        """True while so much waits to be sent that no more input must be taken."""

    @property
    def reachable(self) -> bool:
        """False while the destination does not answer and sending is being retried."""

    def flush(self, timeout_s: float | None = None) -> None:
        """Return when everything written before the call is durable; SinkUnavailableError after ``timeout_s``."""

    def close(self) -> None:
        """Stop sending without waiting. Call flush() first to keep what waits."""
