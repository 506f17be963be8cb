"""What ``lea-pmsm`` has from least squares: inductances and flux, and iron loss by flux, beside what they give today.

    u_d = R i_d - w L_q i_q      u_q = R i_q + w (L_d i_d + psi)      T = 1.5 p (psi i_q + (L_d - L_q) i_d i_q)

R by the measured winding temperature, psi by that of the magnets (physics 3.1, 3.2). Saturation is not in it: what two
recordings at other operating points make of the same machine tells how far these numbers can be trusted. The iron loss
(physics 3.2) is that of the measured loss map, less copper and drag (2.2), at the currents of least loss.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import lea
from tests.benchmarks.accuracy_lea import DATA
from tests.benchmarks.report import Row, at_most
from twin.layout import MAP_SPEEDS
from twin.variants import load

VOLTAGE_SD_V, TORQUE_SD_NM = 3.0, 2.0
"""What the form leaves of voltages and torque on either recording."""
FITTED = 24  # the other recording judges
FLUX_PER_K = -0.0012
IRON = ("hysteresis_w", "eddy_w", "slot_harmonics_w", "load_harmonics_w")
NAMES = {"machine.d_inductance": "H", "machine.q_inductance": "H", "machine.magnets.flux": "Wb"}


def electrical(par: Any, recorded: lea.Recording) -> NDArray[np.float64]:
    """(3,) L_d, L_q [H] and flux at 20 degC [Wb] that fit a recording best."""
    samples, warm_k = recorded.samples, recorded.measured_temp_c - 20.0
    resistance = par.phase_resistance_ohm * (1.0 + par.copper_temp_coefficient * warm_k[:, 3])
    omega = par.pole_pairs * samples["motor_speed_rpm"] * (2.0 * np.pi / 60.0)
    i_d, i_q, none = samples["i_d_a"], samples["i_q_a"], np.zeros(len(samples))
    flux = 1.0 + FLUX_PER_K * warm_k[:, 0]
    columns = [
        np.stack([none, -omega * i_q, none], axis=1) / VOLTAGE_SD_V,
        np.stack([omega * i_d, none, omega * flux], axis=1) / VOLTAGE_SD_V,
        1.5 * par.pole_pairs * np.stack([i_d * i_q, -i_d * i_q, i_q * flux], axis=1) / TORQUE_SD_NM,
    ]
    wanted = [
        (samples["u_d_v"] - resistance * i_d) / VOLTAGE_SD_V,
        (samples["u_q_v"] - resistance * i_q) / VOLTAGE_SD_V,
        samples["torque_nm"] / TORQUE_SD_NM,
    ]
    found: NDArray[np.float64] = np.linalg.lstsq(np.concatenate(columns), np.concatenate(wanted), rcond=None)[0]
    return found


def iron(par: Any, mapped: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(m, 4) what the iron loss is in proportion to, in the order of IRON, and (m,) measured iron loss [W].

    At the currents and speeds of the map of ``mapped``, driving, that the inverter can supply.
    """
    current_a = np.linspace(0.0, mapped.iron_map_current_a, len(mapped.iron_map) // 2 + 1)
    speeds_rpm = np.linspace(0.0, mapped.iron_map_speed_rpm, mapped.iron_map.shape[1])
    forms, iron_w = [], []
    for k, speed_rpm in enumerate(speeds_rpm[1:], start=1):
        at = min(speed_rpm / par.map_speed_step_rpm, MAP_SPEEDS - 1.0)
        low = min(int(at), MAP_SPEEDS - 2)
        along = (low + 1 - at) * par.map[low, :, :2] + (at - low) * par.map[low + 1, :, :2]
        size_a = np.maximum.accumulate(np.hypot(along[:, 0], along[:, 1]))
        i_d, i_q = (np.interp(current_a, size_a, along[:, axis]) for axis in (0, 1))
        hertz = par.pole_pairs * speed_rpm / 60.0
        flux_d, flux_q = par.d_inductance_h * i_d + par.magnet_flux_wb, par.q_inductance_h * i_q
        volts = 2.0 * np.pi * hertz * np.hypot(flux_d, flux_q)
        known = (current_a <= size_a[-1]) & (volts < par.modulation_limit * par.dc_voltage_v / 3.0**0.5)
        squared, n = flux_d**2 + flux_q**2, np.full(len(current_a), speed_rpm / par.reference_speed_rpm)
        forms.append(np.stack([squared * hertz, squared * hertz**2, n**2, (current_a * hertz) ** 2], axis=1)[known])
        iron_w.append(mapped.iron_map[-len(current_a) :, k][known])
    return np.concatenate(forms), np.concatenate(iron_w)


def rows() -> list[Row]:
    """The file's numbers beside those of each recording, and what its iron loss and the best of this form leave."""
    if not DATA.is_dir():
        return [
            Row("fits.lea", None, "", reference_name="reference data lea-pmsm-temperature is not in ../shared/data")
        ]
    par: Any = load("lea-pmsm").parameters.view(np.recarray)[0]
    stated = (par.d_inductance_h, par.q_inductance_h, par.magnet_flux_wb)
    by_profile = {profile: electrical(par, lea.recording(DATA, profile)) for profile in lea.PROFILES}
    found = []
    for profile, values in by_profile.items():
        for (key, unit), value, own in zip(NAMES.items(), values, stated, strict=True):
            row = Row(f"fits.lea.{key}.profile{profile}", float(value), unit, float(own), "the file's")
            if profile == FITTED:
                row.goal, row.holds = "within 1 %", bool(abs(own / value - 1.0) < 0.01)
            found.append(row)
    with tempfile.TemporaryDirectory() as folder:
        mapped = lea.with_loss_map(Path(folder), DATA).parameters.view(np.recarray)[0]
    forms, iron_w = iron(par, mapped)
    size = forms.max(axis=0)
    best = np.linalg.lstsq(forms / size, iron_w, rcond=None)[0]
    left_w = float(np.sqrt(np.mean((forms / size @ best - iron_w) ** 2)))
    missed_w = forms @ np.array([par[name] for name in IRON]) - iron_w
    rms_w = float(np.sqrt(np.mean(missed_w**2)))
    return [
        *found,
        at_most(
            "fits.lea.iron_rms_w", rms_w, "W", 1.05 * left_w, left_w, f"best of the form, of {np.mean(iron_w):.0f} W"
        ),
    ]
