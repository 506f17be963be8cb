"""Real servers for the tests; without them a test is skipped with the reason, or fails when they are required."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NoReturn, TypeVar

import pytest

from deploy.local import InfluxDB, Kafka, Unavailable, influxdb_server, kafka_server
from deploy.local.remote import RemoteInfluxDB, RemoteKafka
from deploy.local.stack import local_influxdb, local_kafka, obstacle

LONG = ("test_kill", "test_fence", "test_outage", "test_daily", "test_fleet")
"""Modules that take minutes: each is started first, in a process of its own."""
REQUIRED = os.environ.get("EDU_TWIN_REQUIRE_STACK") == "1"

S = TypeVar("S")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first: pytest-xdist hands modules out in this order."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def _give_up(reason: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(f"EDU_TWIN_REQUIRE_STACK=1, but {reason}")
    pytest.skip(reason)


def _or_skip(server: S | Unavailable) -> S:
    if isinstance(server, Unavailable):
        _give_up(server.reason)
    return server


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka | RemoteKafka]:
    """The broker all tests share: use topic and group names of your own, and leave it running."""
    with _or_skip(kafka_server(build=REQUIRED)) as server:
        yield server


@pytest.fixture(scope="session")
def influxdb() -> Iterator[InfluxDB | RemoteInfluxDB]:
    """The database all tests share: use a bucket of your own, and leave it running."""
    with _or_skip(influxdb_server(build=REQUIRED)) as server:
        yield server


@pytest.fixture
def make_kafka() -> Iterator[Callable[[], Kafka]]:
    """Starts a broker of the test's own, to be killed and restarted at will."""
    with ExitStack() as servers:
        yield lambda: servers.enter_context(_or_skip(local_kafka(build=REQUIRED)))


@pytest.fixture
def make_influxdb() -> Iterator[Callable[[], InfluxDB]]:
    """Starts a database of the test's own, to be killed and restarted at will."""
    with ExitStack() as servers:
        yield lambda: servers.enter_context(_or_skip(local_influxdb(build=REQUIRED)))


@pytest.fixture
def local_servers() -> None:
    """For tests that start both servers themselves."""
    if reason := obstacle(build_missing=REQUIRED):
        _give_up(reason)
