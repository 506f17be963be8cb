"""The variants twins are known for."""

from pathlib import Path

from schemas.api import VariantView
from twin import variants


def known(folder: Path | None) -> list[VariantView]:
    """All, shipped or in the folder; their units are not counted. VariantError when one cannot be used."""
    found = []
    for name in variants.names(folder):
        one = variants.load(name, folder)
        file = one.file
        found.append(
            VariantView(
                name=name,
                title=one.title,
                power_kw=round(file.machine.max_power.value / 1e3),
                torque_nm=round(file.machine.max_torque.value),
                machine=file.machine_type,
                inverter=file.inverter_type,
                bus=file.bus,
                cooling=file.cooling,
                mounting=file.mounting,
                units=0,
            )
        )
    return found
