"""Settings come from the environment, secrets from files, and a misspelt name is noticed."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from streams.settings import load, printable, unknown_variables


@pytest.fixture(autouse=True)
def _only_the_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("EDU_TWIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EDU_TWIN_MAKER", "bmw")


def test_names_follow_from_the_maker() -> None:
    settings = load()
    assert settings.group == "edu-twin-bmw"
    assert settings.topic("telemetry") == "edu.bmw.telemetry.v1"
    assert (settings.influx.bucket, settings.influx.daily_bucket) == ("edu_bmw", "edu_bmw_daily")


def test_settings_of_two_makers_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load()
    monkeypatch.setenv("EDU_TWIN_MAKER", "mini")
    assert load().influx.bucket == "edu_mini"
    assert first.influx.bucket == "edu_bmw"


def test_nested_settings_have_two_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_TWIN_INFLUX__RETENTION_DAYS", "0")
    assert load().influx.retention_days == 0


@pytest.mark.parametrize("name", ["EDU_TWIN_CHECKPOINT_INTERVAL", "EDU_TWIN_INFLUX__ULR"])
def test_a_misspelt_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises((ValueError, ValidationError), match=name):
        load()


def test_names_of_the_tests_are_not_taken_for_mistakes() -> None:
    assert unknown_variables({"EDU_TWIN_REQUIRE_STACK": "1", "PATH": "/", "EDU_TWIN_MAKER": "x"}) == []


def test_the_token_comes_from_a_file_and_is_never_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret-token\n")
    monkeypatch.setenv("EDU_TWIN_INFLUX__TOKEN_FILE", str(tmp_path / "token"))
    settings = load()
    assert settings.influx.token.get_secret_value() == "secret-token"
    text = "\n".join(printable(settings))
    assert "EDU_TWIN_INFLUX__TOKEN=**********" in text
    assert "secret-token" not in text + repr(settings)


def test_a_missing_token_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDU_TWIN_INFLUX__TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(ValidationError, match="none cannot be read: No such file"):
        load()


def test_a_session_shorter_than_two_heartbeats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_TWIN_SESSION_TIMEOUT_S", "5")
    with pytest.raises(ValidationError, match="at most half of session_timeout_s"):
        load()
