"""Settings of worker and setup: environment variables ``EDU_TWIN_…``, nested ones with two underscores.

``EDU_TWIN_MAKER=bmw EDU_TWIN_INFLUX__URL=http://…``. Secrets may come from files (``…_FILE``). An unknown variable is
refused: a misspelt one would silently leave the default.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.telemetry import Name
from streams.addresses import broker_list, checked_url

S = TypeVar("S", bound=BaseSettings)
PREFIX = "EDU_TWIN_"
OF_TESTS = {"KAFKA", "INFLUX_URL", "INFLUX_TOKEN", "INFLUX_ORG", "REQUIRE_STACK", "CACHE", "CACHE_DIR", "LONG_TESTS"}
"""Names after the prefix that belong to tests and the local stack, not to the worker."""


class InfluxSettings(BaseModel):
    """Where results go in InfluxDB; without ``url`` there is no such sink."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: str = ""
    org: str = "edu"
    token: SecretStr = SecretStr("")
    token_file: Path | None = Field(default=None, description="file with the token, instead of token")
    bucket: str = Field(default="", description="bucket of edu_state and edu_trip; default edu_<maker>")
    retention_days: int = Field(
        default=30, ge=0, description="retention of bucket; 0 keeps for ever (recordings of the past)"
    )
    queue_lines: int = Field(
        default=50_000, ge=1, description="no input is taken while so many lines wait for InfluxDB"
    )
    daily_bucket: str = Field(default="", description="bucket of daily results and alerts; default edu_<maker>_daily")
    daily_retention_days: int = Field(default=730, ge=0, description="retention of daily_bucket; 0 keeps for ever")

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return url and checked_url(url)

    @model_validator(mode="after")
    def _read_token(self) -> Self:
        if self.token_file:
            if self.token.get_secret_value():
                raise ValueError("give EDU_TWIN_INFLUX__TOKEN or EDU_TWIN_INFLUX__TOKEN_FILE, not both")
            try:
                self.token = SecretStr(self.token_file.read_text().strip())
            except OSError as error:
                name = variable_name(("influx", "token_file"))
                raise ValueError(f"{name}: {self.token_file} cannot be read: {error.strerror}") from None
        return self


class LakeSettings(BaseModel):
    """Where results go as Parquet files; without ``directory`` there is no such sink."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    directory: Path | None = None
    archive_frames: bool = Field(default=True, description="keep the raw frames too")


class NotifySettings(BaseModel):
    """Whom ``edu-twin notify`` tells of alerts."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    webhook_url: str = Field(default="", description="gets every step as a CloudEvent (structured mode, JSON)")
    webhook_token: SecretStr = Field(default=SecretStr(""), description="sent as bearer token, if there is one")
    alertmanager_url: str = Field(default="", description="base URL; gets what is open on /api/v2/alerts")
    least_severity: Literal["page", "ticket", "watch"] = Field(
        default="ticket", description="what is less is for the weekly review"
    )
    repeat_s: float = Field(default=60.0, gt=0, description="Alertmanager is told of what is open so often")
    timeout_s: float = Field(default=10.0, gt=0)
    page_url: str = Field(
        default="", description="base URL of what edu-twin serve shows, as people reach it: linked from what is told"
    )

    @field_validator("webhook_url", "alertmanager_url", "page_url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return url and checked_url(url)


class ServeSettings(BaseModel):
    """Where ``edu-twin serve`` listens. It asks nobody who they are: to reach it from elsewhere, put a proxy before it
    that does, with TLS."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8088, ge=0, le=65535, description="0: any that is free")
    refresh_s: float = Field(default=5.0, gt=0, description="between looks at what is new")
    token: SecretStr = Field(default=SecretStr(""), description="asked of those who acknowledge or snooze, if set")
    grafana_url: str = Field(default="", description="base URL of Grafana, as people reach it: linked from the page")

    @field_validator("grafana_url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return url and checked_url(url).rstrip("/")


class Settings(BaseSettings):
    """Everything a worker of one maker needs to know."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    maker: Name = Field(description="tenant; one worker serves one maker")
    brokers: str = Field(default="127.0.0.1:9092", description="Kafka, host:port, several with commas")
    group: str = Field(default="", description="consumer group; default edu-twin-<maker>")
    partitions: int = Field(default=12, ge=1, description="of the telemetry topic; fixed at first use")
    replication: int = Field(default=1, ge=1, description="of every topic")
    variants: Path | None = Field(default=None, description="folder with variants (TOML) beside the shipped ones")
    fleet_rules: Path | None = Field(
        default=None, description="file (TOML) with the detectors' parameters that differ from the defaults"
    )
    instance_id: str = Field(default="", description="static membership: stable name of this worker, e.g. the pod's")

    checkpoint_interval_s: float = Field(default=60.0, gt=0)
    session_timeout_s: float = Field(default=10.0, gt=0)
    heartbeat_interval_s: float = Field(default=3.0, gt=0)
    rebalance_timeout_s: float = Field(default=30.0, gt=0)
    max_poll_interval_s: float = Field(default=300.0, gt=0)
    transaction_timeout_s: float = Field(default=60.0, gt=0)
    start_timeout_s: float = Field(
        default=60.0, gt=0, description="how long to wait for broker and topics at the start"
    )
    stuck_after_s: float = Field(default=180.0, gt=0, description="no progress for so long, with input: exit 70")
    fetch_bytes: int = Field(default=1 << 20, ge=1 << 14, description="per partition and fetch")
    fetch_wait_ms: int = Field(default=50, ge=1, le=100, description="longest the broker may hold a fetch")
    poll_records: int = Field(default=2000, ge=1, description="most records of one poll")

    ticks: Literal["worker", "source"] = Field(
        default="worker", description="who writes the ticks: we, or who publishes"
    )
    tick_interval_s: float = Field(default=60.0, gt=0)
    influx: InfluxSettings = Field(default_factory=InfluxSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)
    notify: NotifySettings = Field(default_factory=NotifySettings)
    serve: ServeSettings = Field(default_factory=ServeSettings)
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=8080, ge=0, le=65535, description="0 switches the health endpoints off")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("brokers")
    @classmethod
    def _names_brokers(cls, brokers: str) -> str:
        return ",".join(broker_list(brokers))

    @model_validator(mode="after")
    def _derive(self) -> Self:
        self.group = self.group or f"edu-twin-{self.maker}"
        self.influx.bucket = self.influx.bucket or f"edu_{self.maker}"
        self.influx.daily_bucket = self.influx.daily_bucket or f"edu_{self.maker}_daily"
        if self.heartbeat_interval_s * 2 > self.session_timeout_s:
            raise ValueError("EDU_TWIN_HEARTBEAT_INTERVAL_S must be at most half of EDU_TWIN_SESSION_TIMEOUT_S")
        if self.stuck_after_s < 2 * self.checkpoint_interval_s:
            raise ValueError("EDU_TWIN_STUCK_AFTER_S must be at least twice EDU_TWIN_CHECKPOINT_INTERVAL_S")
        return self

    @property
    def bootstrap(self) -> list[str]:
        """The brokers, each ``host:port``."""
        return broker_list(self.brokers)

    def topic(self, name: str) -> str:
        """Full name of a topic of this maker: ``telemetry`` -> ``edu.<maker>.telemetry.v1``."""
        return f"edu.{self.maker}.{name}.v1"


class _Alone(BaseSettings):
    """What of the settings counts where a lake is served and nothing else."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    serve: ServeSettings = Field(default_factory=ServeSettings)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; ValueError has a line for each variable that is unknown, missing or wrong."""
    return _loaded(Settings, environ)


def load_serve(environ: Mapping[str, str] = os.environ) -> ServeSettings:
    """Where to listen, from the same environment but without a maker; ValueError as of ``load``."""
    return _loaded(_Alone, environ).serve


def _loaded(kind: type[S], environ: Mapping[str, str]) -> S:
    unknown = unknown_variables(environ)
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(unknown)} (edu-twin worker --print-config shows all names)")
    try:
        return kind()
    except ValidationError as error:
        raise ValueError("\n".join(map(_problem, error.errors()))) from None


def _problem(found: ErrorDetails) -> str:
    """One line with the environment variable; what concerns two of them names them itself."""
    path = tuple(str(part) for part in found["loc"])
    text = "must be set" if found["type"] == "missing" else found["msg"].removeprefix("Value error, ")
    return f"{variable_name(path)}: {text}" if path in _paths(Settings) else text


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that no setting reads, sorted."""
    names = {variable_name(path) for path in _paths(Settings)}
    ours = (name.upper() for name in environ if name.upper().startswith(PREFIX))
    return sorted(name for name in ours if name not in names and name.removeprefix(PREFIX) not in OF_TESTS)


def variable_name(path: tuple[str, ...]) -> str:
    """Environment variable of a setting, e.g. ``("influx", "url")``."""
    return PREFIX + "__".join(path).upper()


def printable(settings: Settings) -> list[str]:
    """``NAME=value`` of every setting, secrets masked, for people."""
    values = settings.model_dump(mode="json")
    lines = []
    for path in _paths(Settings):
        value = values
        for part in path:
            value = value[part]
        lines.append(f"{variable_name(path)}={'' if value is None else value}")
    return lines


def _paths(model: type[BaseModel]) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            paths += [(name, *rest) for rest in _paths(kind)]
        else:
            paths.append((name,))
    return paths
