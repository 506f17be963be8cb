"""The rotor's thermometer against the simulator, against voltages made by hand, and against the book's filter."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.alerts import UnitAlert
from schemas.results import Validity
from tests import drives, simulated
from twin.estimators import alerts, consider, outputs, rotor
from twin.jit import kernel
from twin.layout import (
    COOLANT_OUT,
    END_WINDING,
    FIELD20_J,
    N_NODES,
    OIL,
    ROTOR,
    SAMPLE,
    WORK,
)
from twin.layout.fresh import fresh_row
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import load

Array = NDArray[np.float64]
REST_C = 15.0


class Unit:
    """A row whose rotor has a temperature that the test sets, and terminals that show it."""

    def __init__(self, variant: str, **parameters: Any) -> None:
        records = load(variant).parameters.copy().view(np.recarray)
        for name, value in parameters.items():
            records[name] = value
        self.par: Any = records[0]
        self.row: Any = fresh_row().view(np.recarray)[0]
        self.work: Any = np.zeros(1, WORK).view(np.recarray)[0]
        self.sample: Any = drives.blank(1).view(np.recarray)[0]
        self.row.ready = 1
        self.row.temp_c[:] = REST_C
        self.row.covariance[:] = 0.0
        self.row.covariance[consider.place(np.arange(N_NODES))] = 4.0
        self.row.copper_factor = 1.0
        self.row.rotor_error_k2 = 16.0

    def rest(self, *sensors_c: float) -> None:
        self.row.reading[: len(sensors_c)] = sensors_c
        self.row.reading_age_s[: len(sensors_c)] = 0.0
        rotor.start(self.par, self.row)

    def second(self, model_variance: float = 16.0, **signals: float) -> None:
        for name, value in signals.items():
            self.sample[name] = value
        rotor.sample(self.par, self.row, self.sample)
        rotor.step(self.par, self.row, self.work, model_variance)
        self.row.closed_us += drives.SECOND_US

    def excited(self, seconds: int, resistance_ohm: float, field_a: float = 8.0, drop_v: float = 2.0) -> None:
        for _ in range(seconds):
            self.second(field_current_a=field_a, field_voltage_v=resistance_ohm * field_a + drop_v)

    def excited_window(self, field_a: float, resistance_ohm: float, model_variance: float) -> None:
        for _ in range(10):
            self.second(model_variance, field_current_a=field_a, field_voltage_v=resistance_ohm * field_a + 2.0)

    def turning(self, seconds: int, flux_wb: float, d_inductance_h: float) -> None:
        """4,500 rpm, d current waving by 20 A: steady voltages of physics 3.1."""
        for k in range(seconds):
            i_d, i_q, omega = -30.0 + 20.0 * math.sin(k), 25.0, self.par.pole_pairs * 4_500.0 * math.pi / 30.0
            u_q = self.par.phase_resistance_ohm * i_q + omega * (d_inductance_h * i_d + flux_wb)
            self.second(motor_speed_rpm=4_500.0, i_d_a=i_d, i_q_a=i_q, u_q_v=u_q)


def simulated_week(variant: str, number: int, days: int = 3) -> tuple[Any, Any, Any]:
    """Samples, truth and the unit's parameters of summer days on the motorway."""
    place = Surroundings(vehicle=number, climate="hot", customer="motorway")
    unit = SimulatedUnit(machine(variant), 5, number, simulated.SUMMER * DAY_S, place)
    parts = list(unit.drives(simulated.SUMMER, days))
    samples = np.ascontiguousarray(np.concatenate([part.samples for part in parts])).view(SAMPLE).reshape(-1)
    return samples, np.concatenate([part.truth for part in parts]), unit.parameters


def ill_fitting(variant: str) -> Twin:
    """A twin that believes the rotor gives off its heat more than twice as easily as it does."""
    known = load(variant)
    records = known.parameters.copy()
    par = records.view(np.recarray)[0]
    par.edge_w_k[(par.edge_from == ROTOR) | (par.edge_to == ROTOR)] *= 2.5
    return Twin(replace(known, parameters=records))


@pytest.mark.parametrize("variant", ["mini-eesm", "jaguar-ipace"])
def test_thermometer_takes_a_part_of_the_error_of_a_wrong_model_once_its_reference_is_learned(variant: str) -> None:
    samples, truth, _ = simulated_week(variant, 3)
    blind = samples.copy()
    blind["field_voltage_v"] = blind["u_q_v"] = np.nan
    errors_k = []
    for given in (samples, blind):
        states = simulated.estimate(ill_fitting(variant), given, truth)[0].states
        late = states["time_us"] > states["time_us"][0] + 36 * 3_600 * drives.SECOND_US
        error_k = states["rotor_temp_c"] - simulated.true_temps_c(truth, "rotor", states["time_us"])
        errors_k.append(np.sqrt(np.mean(error_k[late] ** 2)))
        validity = states["rotor_validity"][late]
        if given is samples:
            assert np.mean(validity == Validity.VALID) > 0.8
        else:
            assert np.all(validity == Validity.NO_ROTOR_READING)
    assert errors_k[0] < 0.95 * errors_k[1]  # the winding's sensor helps the rotor, too
    assert errors_k[0] < 3.5


def test_reference_is_the_units_own_within_three_of_its_standard_deviations() -> None:
    samples, truth, parameters = simulated_week("bmw-gen5-rear", 11)
    states = simulated.estimate(Twin(load("bmw-gen5-rear")), samples, truth)[0].states
    true = float(parameters.field_resistance_20c_ohm) / 3.2
    reference, sd = states["rotor_reference"][-1], states["rotor_reference_sd"][-1]
    assert sd < 0.01
    assert abs(reference - true) < 3.0 * sd + 0.004 * math.sqrt(2.0)  # gains of the current and voltage sensors


@pytest.mark.parametrize("own", [0.9, 1.1])
def test_reference_of_a_unit_far_from_its_variant_is_learned_at_rest(own: float) -> None:
    unit = Unit("bmw-gen5-rear")
    unit.rest(REST_C, REST_C + 1.0, REST_C, REST_C - 1.0, REST_C)
    factor = 1.0 + unit.par.rotor_slope * (REST_C - 20.0)
    unit.excited(200, own * unit.par.field_resistance_ohm * factor)
    learned = 1.0 + unit.par.rotor_slope * unit.row.rotor_offset_k
    assert learned == pytest.approx(own, abs=0.003)
    assert rotor.REST_SD_K < math.sqrt(unit.row.rotor_offset_k2) < 3.0
    unit.excited(300, own * unit.par.field_resistance_ohm * factor * 1.1)  # 25 K warmer, which the model does not know
    assert unit.row.rotor_rejected > 0
    for _ in range(60):
        unit.row.rotor_error_k2 += 60.0
        unit.excited(10, own * unit.par.field_resistance_ohm * factor * 1.1)
    assert rotor.temp_c(unit.row) == pytest.approx(REST_C + 0.1 * factor / unit.par.rotor_slope, abs=2.0)


@pytest.mark.parametrize(
    "sensors_c",
    [
        (40.0, 25.0, 30.0, 20.0, 15.0),  # has been driven
        (15.0, 15.0, 15.0, 15.0, math.nan),  # nobody knows the air
        (15.0, math.nan, math.nan, math.nan, 15.0),  # one sensor and the air are too few
    ],
)
def test_nothing_is_learned_where_the_sensors_do_not_agree(sensors_c: tuple[float, ...]) -> None:
    unit = Unit("bmw-gen5-rear")
    unit.rest(*sensors_c)
    unit.row.reading_age_s[: len(sensors_c)] = np.where(np.isfinite(sensors_c), 0.0, np.inf)
    rotor.start(unit.par, unit.row)
    unit.excited(300, unit.par.field_resistance_ohm)
    assert unit.row.rotor_offset_k2 == math.inf
    assert rotor.validity(unit.par, unit.row) == Validity.NO_ROTOR_READING


def test_a_rotor_whose_field_current_is_unknown_says_so() -> None:
    unit = Unit("bmw-gen5-rear")
    unit.rest(*[REST_C] * 5)
    for _ in range(40):
        unit.second(field_voltage_v=30.0)
    assert rotor.validity(unit.par, unit.row) == Validity.NO_FIELD_CURRENT
    unit.second(field_current_a=9.0)
    assert rotor.validity(unit.par, unit.row) != Validity.NO_FIELD_CURRENT


def test_inductance_of_the_field_winding_falls_out_when_its_current_comes_back() -> None:
    unit, henry = Unit("bmw-gen5-rear"), 1.5
    unit.rest(*[REST_C] * 5)
    resistance_ohm = unit.par.field_resistance_ohm * (1.0 + unit.par.rotor_slope * (REST_C - 20.0))
    for k in range(200):
        angle = 2.0 * math.pi * (k + 0.5) / 10.0
        field_a, rate_a_s = 9.0 + 2.0 * math.sin(angle), 2.0 * 2.0 * math.pi / 10.0 * math.cos(angle)
        unit.second(field_current_a=field_a, field_voltage_v=resistance_ohm * field_a + henry * rate_a_s + 2.0)
    assert unit.row.rotor_offset_k == pytest.approx(0.0, abs=0.1)


def test_flux_shows_magnets_that_warmed_whatever_their_strength_and_the_d_inductance() -> None:
    unit = Unit("jaguar-ipace")
    unit.rest(*[REST_C] * 5)
    own_wb, own_h = 1.08 * unit.par.magnet_flux_wb, 1.25 * unit.par.d_inductance_h
    unit.turning(900, own_wb * (1.0 - 0.0012 * (REST_C - 20.0)), own_h)
    assert 1.0 + unit.par.rotor_slope * unit.row.rotor_offset_k == pytest.approx(1.08, abs=0.005)
    for _ in range(200):
        unit.second()
        unit.turning(10, own_wb * (1.0 - 0.0012 * (60.0 - 20.0)), own_h)
        unit.row.rotor_error_k2 += 30.0
    assert rotor.temp_c(unit.row) == pytest.approx(60.0, abs=3.0)


@pytest.mark.parametrize("variant", ["bmw-gen5-rear", "jaguar-ipace", "bmw-gen6-front"])
def test_terminals_that_say_nothing_correct_nothing(variant: str) -> None:
    unit = Unit(variant)
    for _ in range(50):
        unit.second(
            field_current_a=1.0, field_voltage_v=9.0, motor_speed_rpm=2_000.0, i_d_a=-5.0, i_q_a=9.0, u_q_v=70.0
        )
    for _ in range(50):
        unit.second(motor_speed_rpm=9_000.0, i_d_a=-200.0, i_q_a=300.0)
    np.testing.assert_array_equal(unit.row.temp_c, REST_C)
    assert unit.row.rotor_error_k == 0.0
    assert unit.row.rotor_error_k2 == pytest.approx(16.0)


def test_resistance_that_steps_away_for_good_is_another_reference() -> None:
    unit = Unit("bmw-gen5-rear")
    unit.rest(*[REST_C] * 5)
    unit.excited(200, unit.par.field_resistance_ohm)
    assert math.isfinite(unit.row.rotor_offset_k2)
    unit.excited(10 * (rotor.MOST_GATED + 2), 0.7 * unit.par.field_resistance_ohm)  # a third of the turns is shorted
    assert unit.row.rotor_offset_k2 == math.inf
    assert rotor.temp_c(unit.row) == pytest.approx(REST_C, abs=3.0)


def test_readings_with_their_considered_error_are_the_dense_schmidt_filter() -> None:
    unit = Unit("bmw-gen5-rear")
    unit.row.rotor_offset_k2, unit.row.rotor_lesson_a = 1.5**2, 6.0
    unit.row.covariance[:] = 0.0
    par, model_variance, factor = unit.par, 25.0, 1.0 + 0.00393 * (REST_C - 20.0)
    noise_k2 = par.rotor_noise_sd_k**2
    x, p = np.zeros(2), np.diag([unit.row.rotor_error_k2, 1.0])  # slow error of the model, considered error
    kept = np.array([math.exp(-1.0 / par.rotor_time_s), 1.0])
    for window in range(40):
        field_a, resistance_ohm = 8.0 + math.sin(window), 3.25 + 0.02 * math.cos(window)
        unit.excited_window(field_a, resistance_ohm, model_variance)
        for _ in range(10):
            x = kept * x
            p = np.outer(kept, kept) * p + np.diag([model_variance * (1.0 - kept[0] ** 2), 0.0])
        drop_k = 0.3 / 3.2 / 0.00393 * (1.0 / field_a - 1.0 / 6.0)
        h = np.array([1.0, math.sqrt(((factor + 0.00393 * x[0]) * 1.5) ** 2 + par.rotor_offset_sd_k**2 + drop_k**2)])
        s = h @ p @ h + noise_k2
        gain = np.array([(p @ h)[0] / s, 0.0])
        x = x + gain * ((resistance_ohm / 3.2 - 1.0) / 0.00393 + 20.0 - REST_C - x[0])
        keep = np.eye(2) - np.outer(gain, h)
        p = keep @ p @ keep.T + noise_k2 * np.outer(gain, gain)
    assert unit.row.rotor_rejected == 0
    assert rotor.temp_c(unit.row) - REST_C == pytest.approx(x[0], rel=1e-9)
    assert unit.row.rotor_error_k2 == pytest.approx(p[0, 0], rel=1e-9)
    assert unit.row.rotor_error_cross_k == pytest.approx(p[0, 1], rel=1e-9)


def test_field_winding_is_hotter_than_its_node_as_far_as_its_loss_lasts() -> None:
    unit = Unit("bmw-gen5-rear")
    unit.row.field_factor = 1.2
    unit.row.second[FIELD20_J] = 500.0
    for _ in range(600):
        unit.second()
    assert unit.row.rotor_excess_k == pytest.approx(0.04 * 600.0, rel=1e-3)
    warm_k = unit.row.rotor_excess_k
    rotor.gap(unit.par, unit.row, 54)  # its time constant
    assert unit.row.rotor_excess_k == pytest.approx(warm_k * math.exp(-1.0))


def test_thermometer_does_not_care_where_frames_are_cut() -> None:
    samples, truth, _ = simulated_week("bmw-gen5-rear", 4, days=1)
    times_us = truth["time_s"] * drives.SECOND_US
    rows = []
    for cuts in ([len(samples)], [1, 7, 640, 333, len(samples) - 981]):
        twin = Twin(load("bmw-gen5-rear"))
        held = twin.new_rows()
        held.add()
        first = 0
        for count in cuts:
            twin.step(held, drives.frames(count), times_us[first : first + count], samples[first : first + count])
            first += count
        rows.append(held.copy(0)[0])
    assert rows[0]["rotor_offset_k2"][0] < math.inf
    assert rows[0].tobytes() == rows[1].tobytes()
    assert rows[0]["temp_c"][0, COOLANT_OUT] > 0.0


@kernel
def _look(par: Any, row: Any, outs: Any) -> None:
    alerts.step(par, row, 0, 0, outs[0])


@pytest.mark.parametrize(("sd_k", "opens"), [(1.0, True), (5.0, False)])
def test_the_rotor_alert_waits_for_the_deviation_of_the_temperature_it_is_about(sd_k: float, opens: bool) -> None:
    unit = Unit("bmw-gen5-rear")
    par, row = unit.par, unit.row
    row.temp_c[:], row.thermal_validity = 60.0, Validity.VALID
    row.temp_c[ROTOR] = par.temp_limit_c[1] + 3.0
    row.covariance[consider.place(ROTOR)], row.rotor_error_k2 = (26.0 - sd_k * sd_k), sd_k * sd_k
    _look(par, row, outputs.allocate())
    assert bool(row.alerts & UnitAlert.ROTOR_OVER_TEMPERATURE) is opens


@pytest.mark.parametrize(("place", "node"), [(0, END_WINDING), (2, OIL)])
@pytest.mark.parametrize(("above_sd", "opens"), [(0.9, False), (1.1, True)])
def test_an_alert_waits_for_the_deviation_that_is_published(
    place: int, node: int, above_sd: float, opens: bool
) -> None:
    unit = Unit("bmw-gen5-rear")
    par, row = unit.par, unit.row
    row.temp_c[:], row.thermal_validity = 60.0, Validity.VALID
    row.covariance[consider.place(node)] = 0.2**2
    published_k = math.hypot(0.2, par.discrepancy_k[node])
    assert 0.9 * published_k > 0.2
    row.temp_c[node] = par.temp_limit_c[place] + above_sd * published_k
    _look(par, row, outputs.allocate())
    assert bool(row.alerts != 0) is opens
