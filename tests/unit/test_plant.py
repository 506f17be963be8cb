"""The simulated drive unit: energy, equilibrium, stability, and data that depend on nothing but unit and time."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from schemas.signals import SIGNALS
from twin.plant import machines
from twin.plant.layout import CHANNELS, COLUMNS, HOUSING, INVERTER_CHANNEL, JACKET, LINKS, LOOP, LOSSES, NODES, OIL
from twin.plant.noise import normal, subkey, uniform
from twin.plant.simulate import REST_STEP_S
from twin.plant.steady import operate
from twin.plant.thermal import capacities, conductances, integrate
from twin.plant.unit import Fault, SimulatedUnit, day_of

START_S = 1_783_296_000  # Monday, 6 July 2026
DAY = day_of(START_S)
each_machine = pytest.mark.parametrize("name", machines.names())


def unit(name: str, number: int = 3, seed: int = 7) -> SimulatedUnit:
    return SimulatedUnit(machines.load(name), seed, number, START_S)


def first_drive(simulated: SimulatedUnit, *parts: int) -> tuple[np.ndarray, np.ndarray]:
    """The first trip, driven in parts of so many seconds and the rest at once."""
    trip = next(simulated.trips(DAY, 1))
    simulated.start(trip)
    drives = [simulated.go_on(trip, seconds) for seconds in parts]
    drives.append(simulated.go_on(trip, int(trip.end_s - simulated.state.time_s)))
    return np.concatenate([d.samples for d in drives]), np.concatenate([d.truth for d in drives])


def network(simulated: SimulatedUnit, temps_c: np.ndarray) -> tuple[np.ndarray, float, float, float]:
    link_w_k = np.empty(len(LINKS))
    housing, loop, stream = conductances(simulated.parameters, temps_c, 6000.0, 9.0, 20.0, link_w_k)
    return link_w_k, housing, loop, stream


@each_machine
def test_energy_is_kept_to_round_off(name: str) -> None:
    simulated = unit(name)
    capacity = capacities(simulated.parameters)
    stored = float((capacity * simulated.state.temps_c).sum())
    for _ in simulated.drives(DAY, 2):
        pass
    state = simulated.state
    gained = float((capacity * state.temps_c).sum()) - stored
    assert state.heat_in_j > 1e6
    assert gained == pytest.approx(state.heat_in_j - state.heat_out_j, abs=1e-9 * state.heat_in_j)


def test_energy_is_kept_while_oil_is_lost() -> None:
    leak = Fault("oil_loss", 0.6, START_S, 86_400.0)
    simulated = SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S, faults=[leak])
    capacity = capacities(simulated.parameters)
    stored = float((capacity * simulated.state.temps_c).sum())
    for _ in simulated.drives(DAY, 2):
        pass
    state = simulated.state
    capacity[OIL] *= state.oil_level
    assert state.oil_level == pytest.approx(0.4)
    gained = float((capacity * state.temps_c).sum()) - stored
    assert gained == pytest.approx(state.heat_in_j - state.heat_out_j, abs=1e-9 * state.heat_in_j)


@each_machine
def test_constant_losses_lead_to_the_solution_of_the_linear_network(name: str) -> None:
    simulated = unit(name)
    temps_c = np.full(len(NODES), 50.0)
    link_w_k, housing, loop, stream = network(simulated, temps_c)
    heat_w = np.linspace(20.0, 400.0, len(NODES))
    matrix = np.zeros((len(NODES), len(NODES)))
    for (first, second), conductance in zip(LINKS, link_w_k, strict=True):
        matrix[first, first] += conductance
        matrix[second, second] += conductance
        matrix[first, second] -= conductance
        matrix[second, first] -= conductance
    for behind, before in ((INVERTER_CHANNEL, LOOP), (JACKET, INVERTER_CHANNEL), (LOOP, JACKET)):
        matrix[behind, behind] += stream
        matrix[behind, before] -= stream
    matrix[HOUSING, HOUSING] += housing
    matrix[LOOP, LOOP] += loop
    air_c = 25.0
    expected = air_c + np.linalg.solve(matrix, heat_w)
    capacity = capacities(simulated.parameters)
    integrate(capacity, link_w_k, housing, loop, stream, air_c, heat_w, 0.25, 400_000, temps_c)
    assert temps_c == pytest.approx(expected, abs=1e-6)


@each_machine
def test_a_unit_without_losses_in_air_of_its_temperature_stays_there(name: str) -> None:
    simulated = unit(name)
    temps_c = np.full(len(NODES), 31.0)
    link_w_k, housing, loop, stream = network(simulated, temps_c)
    given_j = integrate(
        capacities(simulated.parameters),
        link_w_k,
        housing,
        loop,
        stream,
        31.0,
        np.zeros(len(NODES)),
        0.25,
        4000,
        temps_c,
    )
    assert given_j == 0.0
    assert (temps_c == 31.0).all()


@each_machine
def test_explicit_steps_are_far_from_the_limit_of_stability_for_every_unit(name: str) -> None:
    for number in range(200):
        simulated = unit(name, number)
        link_w_k = np.empty(len(LINKS))
        m = simulated.parameters
        for flow_l_min, step_s in ((m.design_flow_l_min, 0.25), (0.0, REST_STEP_S)):
            temps_c = np.full(len(NODES), 90.0)
            housing, loop, stream = conductances(m, temps_c, m.max_speed_rpm, flow_l_min, 50.0, link_w_k)
            total = np.zeros(len(NODES))
            for (first, second), conductance in zip(LINKS, link_w_k, strict=True):
                total[first] += conductance
                total[second] += conductance
            total[[INVERTER_CHANNEL, JACKET, LOOP]] += stream
            total[HOUSING] += housing
            total[LOOP] += loop
            assert (total * step_s < 0.9 * capacities(m)).all()


# Product facts (physics 1.1, 1.4): peak power [kW] and torque [Nm] of each variant.
FACTS = {
    "bmw-gen5-rear": (250.0, 430.0),
    "bmw-gen5-front": (190.0, 330.0),
    "bmw-gen5-performance": (360.0, 600.0),
    "mini-eesm": (135.0, 290.0),
    "jaguar-ipace": (147.0, 348.0),
    "landrover-800v-rear": (235.0, 450.0),
    "landrover-800v-front": (169.0, 400.0),
    "bmw-gen6-front": (180.0, 255.0),
    "bmw-i3": (125.0, 250.0),
}


@each_machine
def test_a_machine_makes_its_rated_torque_and_power_within_its_current_and_voltage(name: str) -> None:
    power_kw, torque_nm = FACTS[name]
    machine = machines.load(name)
    corner_rpm = 1000.0 * power_kw / torque_nm * 30.0 / np.pi
    for speed_rpm in (1000.0, 0.98 * corner_rpm, corner_rpm, 1.3 * corner_rpm):
        wanted_nm = min(torque_nm, 1000.0 * power_kw / (speed_rpm * np.pi / 30.0))
        point = operate(machine, speed_rpm, wanted_nm)
        assert point.torque_nm == pytest.approx(wanted_nm, rel=0.01)
        assert point.current_share < 1.02
        assert point.voltage_share < 1.10  # space-vector modulation with some overmodulation at the corner


@each_machine
def test_losses_make_the_efficiency_of_a_modern_drive(name: str) -> None:
    machine = machines.load(name)
    m = machine.parameters[0]
    points = []
    for speed_rpm in np.linspace(1000.0, 0.9 * m.max_speed_rpm, 12):
        for torque_nm in np.linspace(0.1, 1.0, 8) * min(m.max_torque_nm, m.max_power_w / (speed_rpm * np.pi / 30.0)):
            points.append(operate(machine, speed_rpm, torque_nm))
            assert min(points[-1].losses_w) >= 0.0
            assert points[-1].dc_w == pytest.approx(
                torque_nm * speed_rpm * np.pi / 30.0 + sum(points[-1].losses_w[:4]), rel=1e-12
            )
    best = max(point.efficiency for point in points)
    silicon = m.synchronous == 0.0
    assert (0.93 if silicon else 0.95) < best < (0.96 if silicon else 0.97)  # physics 1.1, 1.4: 93 to 95.4 %
    assert 0.74 < operate(machine, 1000.0, 0.25 * m.max_torque_nm).efficiency < 0.92


def test_an_excited_machine_at_its_best_point_loses_what_seed_a_loses() -> None:
    point = operate(machines.load("bmw-gen5-rear"), 10_000.0, 100.0)
    seed_a_w = (1561.0, 408.0, 645.0, 1000.0, 2117.0)  # physics 1.4
    assert point.losses_w == pytest.approx(seed_a_w, rel=0.4)
    assert point.efficiency == pytest.approx(0.947, abs=0.01)


@each_machine
def test_the_same_seed_gives_the_same_data_and_another_seed_other_data(name: str) -> None:
    samples, truth = first_drive(unit(name))
    again, truth_again = first_drive(unit(name))
    assert samples.tobytes() == again.tobytes()
    assert truth.tobytes() == truth_again.tobytes()
    other, _ = first_drive(unit(name, seed=8))
    assert len(other) != len(samples) or not np.array_equal(other, samples, equal_nan=True)


@each_machine
def test_cutting_a_trip_changes_nothing(name: str) -> None:
    whole, truth = first_drive(unit(name))
    cut, truth_cut = first_drive(unit(name), 1, 59, 211, 7)
    assert whole.tobytes() == cut.tobytes()
    assert truth.tobytes() == truth_cut.tobytes()


@each_machine
def test_every_fitted_sensor_reports_and_the_others_do_not(name: str) -> None:
    samples, truth = first_drive(unit(name))
    fitted = [column for column, there in zip(COLUMNS, machines.load(name).fitted, strict=True) if there]
    assert np.isfinite(samples[:, fitted]).all()
    assert np.isnan(np.delete(samples, fitted, axis=1)).all()
    for column in fitted:
        assert samples[:, column].min() >= SIGNALS[column].low, SIGNALS[column].name
        assert samples[:, column].max() <= SIGNALS[column].high, SIGNALS[column].name
    oil = samples[:, COLUMNS[CHANNELS.index("oil_temp_c")]]
    true_oil = np.array([row["temps_c"][NODES.index("oil")] for row in truth])
    assert 0.0 < np.abs(oil - true_oil).mean() < 4.0


@each_machine
def test_the_battery_delivers_what_the_losses_and_the_shaft_take(name: str) -> None:
    _, truth = first_drive(unit(name))
    before_gear = sum(truth[f"{group}_loss_w"] for group in LOSSES[:4])
    assert truth["dc_power_w"] == pytest.approx(truth["shaft_power_w"] + before_gear)


@pytest.mark.parametrize("name", ["bmw-gen5-rear", "bmw-gen6-front"])
def test_the_same_code_uncompiled_gives_the_same_data(name: str) -> None:
    """The kernels as plain Python in a process of its own: the other judge of what numba made of them."""
    script = (
        "import sys; from tests.unit.test_plant import first_minutes; "
        f"sys.stdout.buffer.write(b''.join(part.tobytes() for part in first_minutes({name!r})))"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", script]
    plain = np.frombuffer(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
    compiled = np.frombuffer(b"".join(part.tobytes() for part in first_minutes(name)))
    assert len(compiled) > 5_000
    np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-9, equal_nan=True)


def first_minutes(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples and temperatures of the first minutes of a trip."""
    simulated = unit(name)
    trip = next(simulated.trips(DAY, 1))
    simulated.state.time_s = trip.start_s - 120
    simulated.start(trip)
    drive = simulated.go_on(trip, 150)
    return drive.samples, drive.truth.temps_c


def test_random_numbers_depend_on_key_time_and_channel_only() -> None:
    key = subkey(np.uint64(5), 17)
    times = list(range(2000))
    forward = [normal(key, time, 3) for time in times]
    backward = [normal(key, time, 3) for time in reversed(times)]
    assert forward == backward[::-1]
    assert forward != [normal(key, time, 4) for time in times]
    assert forward != [normal(subkey(np.uint64(5), 18), time, 3) for time in times]


def test_random_numbers_are_normal_and_uncorrelated() -> None:
    key = subkey(np.uint64(1), 1)
    draws = np.array([normal(key, time, 0) for time in range(40_000)])
    assert abs(draws.mean()) < 0.02
    assert draws.std() == pytest.approx(1.0, abs=0.015)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.02
    spread = np.array([uniform(key, time, 9) for time in range(40_000)])
    counts, _ = np.histogram(spread, bins=20, range=(0.0, 1.0))
    assert counts.sum() == 40_000
    assert ((counts - 2000) ** 2 / 2000).sum() < 45.0  # chi-squared with 19 degrees of freedom, 0.9993
    neighbours = np.array([normal(subkey(np.uint64(1), 2), time, 0) for time in range(40_000)])
    assert abs(np.corrcoef(draws, neighbours)[0, 1]) < 0.02


@each_machine
def test_trips_of_a_unit_follow_each_other(name: str) -> None:
    for number in range(40):
        trips = list(unit(name, number).trips(DAY, 14))
        assert len(trips) >= 20
        for before, after in itertools.pairwise(trips):
            assert before.start_s < before.end_s < after.start_s
            assert before.boot < after.boot
