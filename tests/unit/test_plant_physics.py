"""Single pieces of the simulated unit's physics against what can be worked out by hand."""

import numpy as np
import pytest

from twin.plant import machines
from twin.plant.gear import drag_torque, mesh_loss, viscosity
from twin.plant.inverter import POINTS, decays, fast_turning, junction_temp, leg_losses, slow_turning
from twin.plant.layout import CLIMATE, INVERTER, LOOP, NODES, STATE, recarray
from twin.plant.losses import FIRST_INVERTER_C, POINT, SECOND_INVERTER_C, losses
from twin.plant.machines import COHORT_SHARE, STATOR_FIT, scattered
from twin.plant.noise import subkey
from twin.plant.simulate import rest
from twin.plant.steady import operate
from twin.plant.trips import charging_hours
from twin.plant.unit import SimulatedUnit, Surroundings, day_of
from twin.plant.weather import PERSISTENCE, air_temp_c

START_S = 1_783_296_000
DAY = day_of(START_S)


def parameters(name: str) -> np.void:
    return machines.load(name).parameters[0]


def settled(name: str, frequency_hz: float, slow: bool, seconds: int = 20) -> tuple[float, float, np.recarray]:
    """Mean module loss of the last second and junction temperature at 300 A, with the base at 60 degC."""
    m, state, seen = parameters(name), recarray(STATE)[0], np.zeros(2)
    decay = np.zeros((2, 4))
    decays(m, 0.01 if slow else 1.0, decay)
    turn = slow_turning if slow else fast_turning
    power_w = 0.0
    for _ in range(seconds):
        power_w = turn(m, state, 0, 60.0, 300.0, 0.5, 1.0, frequency_hz, 1.0, decay, seen)
    return power_w, float(seen[0]), state


def test_fine_and_mean_losses_of_the_module_agree_where_both_hold() -> None:
    fine_w, fine_c, _ = settled("bmw-gen5-rear", 4.0, slow=True)
    mean_w, mean_c, _ = settled("bmw-gen5-rear", 4.0, slow=False)
    assert fine_w == pytest.approx(mean_w, rel=0.05)
    assert fine_c == pytest.approx(mean_c, abs=1.5)


def test_a_standing_field_heats_one_leg_far_above_the_mean() -> None:
    _, standing_c, state = settled("bmw-gen5-rear", 0.0, slow=True)
    _, turning_c, _ = settled("bmw-gen5-rear", 300.0, slow=False)
    assert standing_c - 60.0 > 1.8 * (turning_c - 60.0)
    assert junction_temp(state, 60.0, 0, 0) > junction_temp(state, 60.0, 1, 0) + 5.0


def test_conduction_of_a_mosfet_is_a_resistance_and_grows_with_temperature() -> None:
    m = parameters("landrover-800v-rear")
    low_w = sum(leg_losses(m, 100.0, 0.0, 0.0, 25.0, 25.0, np.empty((2, POINTS))))
    # Without switching (factor 0) and dead time: I^2 R / 4 per switch, two devices of one half wave (physics 3.2).
    dead_w = 2.0 * m.dead_time_s * m.switching_frequency_hz * m.body_diode_v * 100.0 / np.pi
    assert low_w == pytest.approx(100.0**2 * 2.75e-3 / 4.0 + dead_w, rel=0.01)
    assert sum(leg_losses(m, 100.0, 0.0, 0.0, 150.0, 150.0, np.empty((2, POINTS)))) - dead_w == pytest.approx(
        100.0**2 * 4.55e-3 / 4.0, rel=0.02
    )


def test_silicon_carbide_loses_less_than_half_at_part_load() -> None:
    sic = operate(machines.load("landrover-800v-rear"), 6000.0, 60.0)
    silicon = operate(machines.load("jaguar-ipace"), 6000.0, 60.0)
    assert sic.losses_w[3] < 0.6 * silicon.losses_w[3]


def test_two_inverters_share_the_current_of_a_six_phase_machine() -> None:
    six = machines.load("bmw-gen5-performance").parameters[0]
    assert six.systems == 2.0
    point = operate(machines.load("bmw-gen5-performance"), 3000.0, 500.0)
    assert point.torque_nm == pytest.approx(500.0, rel=0.01)
    assert point.current_share * six.max_current_a < 850.0


def test_the_inverters_of_a_six_phase_machine_have_temperatures_of_their_own() -> None:
    unit = SimulatedUnit(machines.load("bmw-gen5-performance"), 5, 2, START_S, Surroundings(2, customer="motorway"))
    assert unit.parameters.imbalance != 0.0
    truth = next(unit.drives(DAY, 1)).truth
    first_c, second_c = truth.inverter_junction_temp_c.T
    assert (truth.junction_temp_c == np.maximum(first_c, second_c)).all()
    rises_k = [np.mean(temps_c - truth.temps_c[:, INVERTER]) for temps_c in (first_c, second_c)]
    assert 0.0 < abs(rises_k[0] - rises_k[1]) < 0.25 * rises_k[0]
    single = SimulatedUnit(machines.load("bmw-gen5-rear"), 5, 2, START_S)
    assert np.isnan(next(single.drives(DAY, 1)).truth.inverter_junction_temp_c[:, 1]).all()


def test_the_inverter_with_more_current_is_hotter_and_both_make_the_loss() -> None:
    parameters = machines.load("bmw-gen5-performance").parameters.copy()
    points = []
    for imbalance in (0.0, 0.1):
        m, state = parameters[0], recarray(STATE)[0]
        m.imbalance = imbalance
        state.temps_c[:] = 60.0
        heat_w, groups_w, p = np.zeros(len(NODES)), np.zeros(5), np.zeros(POINT)
        for _ in range(4):
            losses(m, state, 5000.0, 300.0, 369.0, 1.0, np.zeros((2, 2, 4)), heat_w, groups_w, p)
        points.append((p[FIRST_INVERTER_C], p[SECOND_INVERTER_C], groups_w[3]))
    even, uneven = points
    assert even[0] == pytest.approx(even[1], abs=1e-9)
    assert uneven[0] > even[0] > uneven[1]
    assert uneven[2] == pytest.approx(even[2], rel=0.02)


def test_cold_oil_drags_more_and_lost_oil_less() -> None:
    m = parameters("bmw-gen5-rear")
    assert viscosity(m, 40.0) == pytest.approx(34.0)
    assert viscosity(m, 100.0) == pytest.approx(7.0)
    cold, warm = (sum(drag_torque(m, 5000.0, viscosity(m, t), 1.0)) for t in (0.0, 80.0))
    assert 1.5 * warm < cold < 12.0 * warm
    assert drag_torque(m, 5000.0, 10.0, 0.5)[1] < 0.5 * drag_torque(m, 5000.0, 10.0, 1.0)[1]
    assert 0.009 < mesh_loss(m, 5000.0, 140.0, 10.0) / (140.0 * 5000.0 * np.pi / 30.0) < 0.02


def test_front_and_rear_of_a_vehicle_drive_the_same_road_at_the_same_speed() -> None:
    front = machines.load("bmw-gen5-front", "ix50", "front")
    rear = machines.load("bmw-gen5-rear", "ix50", "rear")
    place = Surroundings(vehicle=9, customer="mountain")
    truths = [
        np.concatenate([d.truth for d in SimulatedUnit(m, 5, n, START_S, place).drives(DAY, 1)])
        for n, m in enumerate((front, rear))
    ]
    assert (truths[0]["distance_m"] == truths[1]["distance_m"]).all()
    strong = truths[1]["torque_nm"] > 50.0
    assert np.median(truths[0]["torque_nm"][strong] / truths[1]["torque_nm"][strong]) == pytest.approx(2 / 3, rel=0.1)


def test_ten_samples_a_second_tell_the_same_story_as_one() -> None:
    cycle = np.interp(np.arange(600), [0, 20, 60, 200, 260, 400, 500, 599], [0, 0, 15, 20, 33, 30, 0, 0])
    energies = []
    for rate in (1, 10):
        place = Surroundings(vehicle=1, cycle_m_s=cycle)
        unit = SimulatedUnit(machines.load("bmw-i3"), 5, 1, START_S, place, rate=rate)
        trip = next(unit.trips(DAY, 1))
        unit.start(trip)
        truth = unit.go_on(trip, 600).truth
        assert len(truth) == 600 * rate
        energies.append([truth.dc_power_w.mean(), truth.copper_loss_w.mean(), truth.temps_c[-1].mean()])
    assert energies[1] == pytest.approx(energies[0], rel=0.03)


def test_weather_is_autocorrelated_and_shared_by_a_region() -> None:
    climate = recarray(CLIMATE)
    climate[0] = (10.0, 0.0, 0.0, 3.0)
    noon = [air_temp_c(climate[0], subkey(np.uint64(3), 1), day * 86_400) for day in range(4000)]
    assert np.std(noon) == pytest.approx(3.0, rel=0.1)
    assert np.corrcoef(noon[1:], noon[:-1])[0, 1] == pytest.approx(PERSISTENCE, abs=0.05)
    other = [air_temp_c(climate[0], subkey(np.uint64(3), 2), day * 86_400) for day in range(4000)]
    assert abs(np.corrcoef(noon, other)[0, 1]) < 0.15


def test_factories_and_batches_shift_their_units_together() -> None:
    def conductance(number: int, plant: int, batch: int) -> float:
        place = Surroundings(number, plant=plant, batch=batch)
        unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 3, number, START_S, place)
        return float(np.log(unit.parameters.yoke_jacket_w_k))

    spread = np.hypot(0.17, STATOR_FIT)  # of the contact, and of the fit of the stator that all contacts share
    means = [np.mean([conductance(n, 0, batch) for n in range(100)]) for batch in range(30)]
    assert np.std(means) == pytest.approx(COHORT_SHARE * spread, rel=0.35)
    same = [conductance(n, 1, 1) for n in range(300)]
    assert np.std(same) == pytest.approx(spread, rel=0.15)


def test_charging_warms_a_parked_unit_through_its_coolant() -> None:
    unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S)
    temps_c = []
    for charge_to_s in (START_S, START_S + 3600):
        states = recarray(STATE)
        states[0] = unit.state
        state = states[0]
        rest(unit.parameters, unit.climate[0], unit.region_key, START_S, charge_to_s, state, START_S + 3600)
        temps_c.append(state.temps_c.copy())
    assert (temps_c[1] > temps_c[0]).all()
    assert temps_c[1][LOOP] > temps_c[0][LOOP] + 5.0


def test_evenings_of_charging_differ_between_days_and_vehicles() -> None:
    nights = [[charging_hours(subkey(np.uint64(3), vehicle), day) for day in range(100)] for vehicle in (1, 2)]
    assert nights[0] != nights[1]
    for evenings in nights:
        assert 30 < sum(start > 0 for start, _ in evenings) < 80
        assert all(day * 86_400 <= start < end for day, (start, end) in enumerate(evenings) if start)


def test_no_vehicle_drives_on_wheels_that_no_tyre_has() -> None:
    machine = machines.load("bmw-gen5-rear")
    nominal_m = float(machine.parameters.wheel_radius_m[0])
    shares = [
        scattered(machine, subkey(np.uint64(3), 1), subkey(np.uint64(4), vehicle))[0].wheel_radius_m[0] / nominal_m
        for vehicle in range(400)
    ]
    assert 0.985 < min(shares) < 0.988
    assert 1.012 < max(shares) < 1.015
