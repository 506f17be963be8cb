"""Settings come from the environment, secrets from files, and a misspelt name is noticed."""

from pathlib import Path

import pytest

from streams.addresses import checked_url
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
    with pytest.raises(ValueError, match=name):
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
    with pytest.raises(ValueError, match=r"EDU_TWIN_INFLUX__TOKEN_FILE: .*none cannot be read: No such file"):
        load()


def test_a_session_shorter_than_two_heartbeats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_TWIN_SESSION_TIMEOUT_S", "5")
    with pytest.raises(ValueError, match="at most half of EDU_TWIN_SESSION_TIMEOUT_S"):
        load()


def test_every_wrong_variable_has_one_line_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDU_TWIN_MAKER")
    monkeypatch.setenv("EDU_TWIN_PARTITIONS", "many")
    monkeypatch.setenv("EDU_TWIN_INFLUX__URL", "notaurl")
    monkeypatch.setenv("EDU_TWIN_INFLUX__RETENTION_DAYS", "-1")
    with pytest.raises(ValueError, match="EDU_TWIN") as raised:
        load()
    lines = sorted(str(raised.value).splitlines())
    assert [line.split(":")[0] for line in lines] == [
        "EDU_TWIN_INFLUX__RETENTION_DAYS",
        "EDU_TWIN_INFLUX__URL",
        "EDU_TWIN_MAKER",
        "EDU_TWIN_PARTITIONS",
    ]
    assert lines[2] == "EDU_TWIN_MAKER: must be set"
    assert "pydantic" not in str(raised.value)


@pytest.mark.parametrize("brokers", ["", " , ", "broker:", ":9092", "broker:0", "broker:x"])
def test_brokers_that_name_none_are_refused(monkeypatch: pytest.MonkeyPatch, brokers: str) -> None:
    monkeypatch.setenv("EDU_TWIN_BROKERS", brokers)
    with pytest.raises(ValueError, match=r"EDU_TWIN_BROKERS: .*host:port"):
        load()


@pytest.mark.parametrize("url", ["notaurl", "ftp://host", "http://", "http://:8086", "http://host:x"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL like"):
        checked_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8086", "https://influx.example/path", "http://[::1]:8086"])
def test_a_url_is_taken_as_it_is(url: str) -> None:
    assert checked_url(url) == url
