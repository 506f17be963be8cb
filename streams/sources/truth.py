"""The truth beside the telemetry: what the simulator knows and no sensor sees, as Parquet files or as records."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.telemetry import Identity
from schemas.truth import Truth
from streams.sources import Block
from twin.plant.faults import KINDS
from twin.plant.layout import LOSSES, NODES
from twin.plant.unit import Drive

_SECOND_US = 1_000_000
SOUND = "none"
FAILED = "failed"
ROWS_AT_ONCE = 5_000


def truth_table(drive: Drive) -> pa.Table:
    """One row a sample: node temperatures, losses, powers, efficiency, junction, damage and fault labels.

    ``efficiency``: half-shafts over DC when driving, DC over half-shafts when braking, NaN below 3 kW at the shaft.
    """
    truth = drive.truth
    columns: dict[str, Any] = {
        "time_us": truth.time_s * _SECOND_US + truth.part * (_SECOND_US // 10),
        "distance_km": truth.distance_m / 1000.0,
    }
    columns |= {f"{name}_temp_c": truth.temps_c[:, node] for node, name in enumerate(NODES)}
    columns |= {f"{name}_loss_w": truth[f"{name}_loss_w"] for name in LOSSES}
    columns |= {name: truth[name] for name in ("torque_nm", "shaft_power_w", "dc_power_w")}
    columns["efficiency"] = efficiency(truth)
    columns |= {name: truth[name] for name in ("junction_temp_c", "junction_swing_k", "damage")}
    for number, temps_c in enumerate(_junctions(truth), 1):
        columns[f"inverter_{number}_junction_temp_c"] = temps_c
    columns["faults"] = pa.array(fault_labels(truth))
    return pa.table(columns)


def truth_records(identity: Identity, drive: Drive, samples: int) -> Iterator[Truth]:
    """The same as records of the truth topic, at most ``samples`` samples each."""
    whole: Any = drive.truth
    for first in range(0, len(whole), samples):
        truth = whole[first : first + samples]
        yield Truth(
            unit=identity.unit,
            vehicle=identity.vehicle,
            maker=identity.maker,
            variant=identity.variant,
            boot=int(drive.trip.boot),
            times_us=(truth.time_s * _SECOND_US + truth.part * (_SECOND_US // 10)).tolist(),
            distance_km=(truth.distance_m / 1000.0).tolist(),
            temps_c={name: truth.temps_c[:, node].tolist() for node, name in enumerate(NODES)},
            losses_w={name: truth[f"{name}_loss_w"].tolist() for name in LOSSES},
            torque_nm=truth.torque_nm.tolist(),
            shaft_power_w=truth.shaft_power_w.tolist(),
            dc_power_w=truth.dc_power_w.tolist(),
            efficiency=[None if np.isnan(value) else float(value) for value in efficiency(truth)],
            junction_temps_c=[temps_c.tolist() for temps_c in _junctions(truth)],
            junction_swing_k=truth.junction_swing_k.tolist(),
            damage=truth.damage.tolist(),
            faults=fault_labels(truth),
        )


def _junctions(truth: Any) -> list[Any]:
    """The hottest device of each inverter the unit has, (n,) [degC]."""
    first, *others = truth.inverter_junction_temp_c.T
    return [first, *(temps_c for temps_c in others if not np.isnan(temps_c).all())]


def efficiency(truth: Any) -> Any:
    """(n,) efficiency of each sample, NaN where the power is too small for the word."""
    wheels_w = truth.shaft_power_w - truth.gear_loss_w
    with np.errstate(divide="ignore", invalid="ignore"):
        driving, braking = wheels_w / truth.dc_power_w, truth.dc_power_w / wheels_w
    ratio = np.where(truth.shaft_power_w > 0.0, driving, braking)
    return np.where(np.abs(truth.shaft_power_w) >= 3000.0, ratio, np.nan)


def fault_labels(truth: Any) -> list[str]:
    """Of each sample: names with '+' between, 'none', and 'failed' once an ageing fault has consumed its life."""
    codes, place = np.unique(np.stack([truth.faults, truth.damage >= 1.0]), axis=1, return_inverse=True)
    names = [_label(int(bits), bool(failed)) for bits, failed in codes.T]
    return [names[at] for at in place.ravel()]


def _label(bits: int, failed: bool) -> str:
    present = [name for position, name in enumerate(KINDS) if bits >> position & 1]
    return "+".join([*present, *([FAILED] if failed else [])]) or SOUND


class UnitFiles:
    """Tables of many units, appended as they come: ``folder/<unit>.parquet``. Close it, or the files are unreadable."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._waiting: dict[str, list[pa.Table]] = defaultdict(list)
        self._writers: dict[str, pq.ParquetWriter] = {}

    def append(self, unit: str, table: pa.Table) -> None:
        """Add rows to the unit's file; they wait until there are many."""
        waiting = self._waiting[unit]
        waiting.append(table)
        if sum(len(part) for part in waiting) >= ROWS_AT_ONCE:
            self._write(unit)

    def _write(self, unit: str) -> None:
        table = pa.concat_tables(self._waiting.pop(unit))
        writer = self._writers.get(unit)
        if writer is None:
            path = self._folder / f"{unit}.parquet"
            writer = self._writers[unit] = pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)

    def see(self, unit: str, drive: Drive) -> None:
        """A ``Watch`` of the source: the truth of a drive."""
        self.append(unit, truth_table(drive))

    def close(self) -> None:
        """Finish every file."""
        for unit in list(self._waiting):
            self._write(unit)
        for writer in self._writers.values():
            writer.close()


def telemetry_table(block: Block) -> pa.Table:
    """A frame as rows: what the sensors said, as it was sent."""
    count = len(block.times_us)
    head = {
        "time_us": block.times_us,
        "sent_us": np.full(count, block.order[0]),
        "boot": np.full(count, block.boot),
        "sequence": np.full(count, block.sequence),
        "variant": [block.identity.variant] * count,
        "firmware": [block.identity.firmware] * count,
        "odometer_km": np.full(count, block.odometer_km),
    }
    return pa.table(head | {name: values for name, values in block.signals.items()})
