"""Logs of a worker: one line of key=value each on stderr, Faust's and the clients' included."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


def configure(level: str) -> None:
    """Send everything of ``level`` and above to stderr; libraries only from warning on."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    form = "timestamp=%(asctime)s level=%(levelname)s logger=%(name)s event=%(message)r"
    logging.basicConfig(stream=sys.stderr, level=max(number, logging.WARNING), format=form, force=True)


@contextmanager
def quiet_clients() -> Iterator[None]:
    """Keep the Kafka clients' own lines back while the caller says in one line what is wrong."""
    loggers = [logging.getLogger(name) for name in ("kafka", "aiokafka")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def only_warnings() -> Iterator[None]:
    """Say nothing below a warning meanwhile: for a command whose stdout is its result."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)
