"""What the simulator knows and no sensor sees: the record of the truth topic, beside the telemetry of a simulation."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.telemetry import Name

TRUTH_CONTENT_TYPE = "application/vnd.edu-twin.truth.v1+json"


def _column(unit: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"unit": unit})


Column = list[float]


class Truth(BaseModel):
    """A stretch of one unit's drive as columns of equal length, one value a sample; temperatures by node."""

    model_config = ConfigDict(extra="forbid")

    unit: Name
    vehicle: Name
    maker: Name
    variant: Name
    boot: Annotated[int, Field(ge=0, lt=1 << 32)]
    times_us: list[int] = _column("us", "time of each sample, UTC, without the errors of the vehicle's clock")
    distance_km: Column = _column("km", "driven since the unit was built")
    temps_c: dict[str, Column] = _column("degC", "node -> temperature at the start of the sample")
    losses_w: dict[str, Column] = _column("W", "part -> mean loss of the sample")
    torque_nm: Column = _column("Nm", "at the rotor shaft")
    shaft_power_w: Column = _column("W", "at the rotor shaft, positive when driving")
    dc_power_w: Column = _column("W", "drawn at the DC terminals")
    efficiency: list[float | None] = _column(
        "ratio", "output over input, null where the power is too small for the word"
    )
    junction_temps_c: list[Column] = _column("degC", "inverter by inverter: the hottest device within each sample")
    junction_swing_k: Column = _column("K", "highest minus lowest of the hottest device within the sample")
    damage: Column = _column("1", "largest consumed life of the unit's ageing; 1 = failed")
    faults: list[str] = _column("1", "names with '+' between, 'none'; with 'failed' once a life is consumed")
