"""Topics that exist are compared with what is needed, and a person is told what to do."""

from typing import Any

import pytest

from streams.settings import Settings
from streams.setup import mismatches, topics


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    import os

    for name in [name for name in os.environ if name.startswith("EDU_TWIN_")]:
        monkeypatch.delenv(name)
    return Settings(maker="bmw", partitions=6)


def described(settings: Settings, **partitions: int) -> list[dict[str, Any]]:
    """The broker's description of all topics, some with another number of partitions (0: missing)."""
    counts = {topic.name: topic.partitions for topic in topics(settings)}
    counts |= {settings.topic(name): count for name, count in partitions.items()}
    return [{"name": name, "partitions": [{}] * count} for name, count in counts.items() if count]


def configs(settings: Settings) -> dict[str, dict[str, str]]:
    return {topic.name: dict(topic.configs) for topic in topics(settings)}


def test_topics_as_they_must_be_are_accepted(settings: Settings) -> None:
    assert mismatches(described(settings), configs(settings), topics(settings)) == []


def test_another_number_of_partitions_is_refused_with_the_way_out(settings: Settings) -> None:
    (problem,) = mismatches(described(settings, telemetry=12), configs(settings), topics(settings))
    assert "edu.bmw.telemetry.v1 has 12 partitions, 6 are set" in problem
    assert "set EDU_TWIN_PARTITIONS=12" in problem


def test_a_missing_topic_says_how_to_make_it(settings: Settings) -> None:
    (problem,) = mismatches(described(settings, state=0), configs(settings), topics(settings))
    assert problem == "topic edu.bmw.state.v1 is missing: run edu-twin setup"


def test_a_state_topic_that_deletes_is_refused(settings: Settings) -> None:
    found = configs(settings)
    found["edu.bmw.state.v1"]["cleanup.policy"] = "delete"
    (problem,) = mismatches(described(settings), found, topics(settings))
    assert "cleanup.policy=delete, needs compact" in problem


def test_telemetry_without_append_times_is_refused(settings: Settings) -> None:
    found = configs(settings)
    found["edu.bmw.telemetry.v1"]["message.timestamp.type"] = "CreateTime"
    (problem,) = mismatches(described(settings), found, topics(settings))
    assert "message.timestamp.type=CreateTime, needs LogAppendTime" in problem


def test_state_and_telemetry_have_the_same_partitions(settings: Settings) -> None:
    counts = {topic.name: topic.partitions for topic in topics(settings)}
    assert counts["edu.bmw.telemetry.v1"] == counts["edu.bmw.state.v1"] == 6
    assert counts["edu.bmw.daily.v1"] == counts["edu.bmw.fleet.v1"] == 1
