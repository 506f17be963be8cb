"""Faults of the simulated unit: each leaves the traces of physics 7.4, sound units have none, wear ends in failure."""

import numpy as np
import pytest

from schemas.signals import SIGNALS
from twin.plant import machines
from twin.plant.faults import AGEING, KINDS
from twin.plant.layout import NODES, SIGNAL_COLUMN, TRUTH
from twin.plant.simulate import DERATE_JUNCTION, DERATE_WORN, LIMP_S, SHUT_DOWN
from twin.plant.unit import Drive, Fault, SimulatedUnit, Surroundings, day_of

START_S = 1_783_296_000
DAY = day_of(START_S)
MOTORWAY = Surroundings(vehicle=3, customer="motorway")


def drives(*faults: Fault, machine: str = "bmw-gen5-rear", days: int = 1) -> list[Drive]:
    unit = SimulatedUnit(machines.load(machine), 7, 3, START_S, MOTORWAY, faults)
    return list(unit.drives(DAY, days))


def joined(found: list[Drive]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    samples = np.concatenate([drive.samples for drive in found])
    return {s.name: samples[:, i] for i, s in enumerate(SIGNALS)}, np.concatenate([drive.truth for drive in found])


def pair(
    kind: str, size: float | None = None, machine: str = "bmw-gen5-rear"
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """The same day of the same unit: sound and with a fault from the start."""
    sound, sound_truth = joined(drives(machine=machine))
    fault = Fault(kind, KINDS[kind][1] if size is None else size, START_S)
    ill, ill_truth = joined(drives(fault, machine=machine))
    assert (sound_truth["distance_m"] == ill_truth["distance_m"]).all(), "a fault does not change the driver"
    return sound, ill, sound_truth, ill_truth


def warm(values: np.ndarray) -> float:
    """Mean over the second half of the day's driving."""
    return float(np.nanmean(values[len(values) // 2 :]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_leaves_a_trace_after_its_onset_and_none_before(kind: str) -> None:
    machine = "jaguar-ipace" if kind == "demagnetisation" else "bmw-gen5-rear"
    sound = drives(machine=machine)
    onset_s = int(sound[-1].trip.start_s)
    ill = drives(Fault(kind, KINDS[kind][1], onset_s), machine=machine)
    bit = 1 << list(KINDS).index(kind)
    before = [drive for drive in range(len(sound)) if sound[drive].trip.start_s < onset_s]
    assert before
    for index in before:
        assert ill[index].samples.tobytes() == sound[index].samples.tobytes()
        assert (ill[index].truth.faults == 0).all()
    assert not np.array_equal(ill[-1].samples, sound[-1].samples, equal_nan=True)
    assert (ill[-1].truth.faults[60:] == bit).all()


def test_less_coolant_flow_and_less_wetted_surface_warm_the_winding() -> None:
    sound, pump, *_ = pair("pump", 0.4)
    share = warm(pump["coolant_flow_l_min"]) / warm(sound["coolant_flow_l_min"])
    assert share == pytest.approx(0.6, abs=0.07), "the controller answers the warmth with more duty"
    assert warm(pump["winding_temp_c"]) > warm(sound["winding_temp_c"]) + 1.0
    sound, fouled, *_ = pair("fouling", 0.4)
    rises_k = [warm(s["winding_temp_c"] - s["coolant_out_temp_c"]) for s in (sound, fouled)]
    assert rises_k[1] > 1.12 * rises_k[0]
    assert abs(warm(fouled["coolant_flow_l_min"]) - warm(sound["coolant_flow_l_min"])) < 0.6


@pytest.mark.parametrize(
    ("kind", "signal"), [("winding_sensor", "winding_temp_c"), ("coolant_sensor", "coolant_in_temp_c")]
)
def test_a_sensor_that_drifts_shows_it_and_the_unit_stays_as_it_is(kind: str, signal: str) -> None:
    sound, ill, sound_truth, ill_truth = pair(kind, 4.0)
    assert warm(ill[signal] - sound[signal]) == pytest.approx(4.0, abs=0.1)
    assert (sound_truth["temps_c"] == ill_truth["temps_c"]).all()


def test_lost_oil_lowers_drag_and_raises_oil_temperature() -> None:
    sound, _, sound_truth, ill_truth = pair("oil_loss", 0.4)
    coasting = (np.abs(sound_truth["torque_nm"]) < 10.0) & (sound["motor_speed_rpm"] > 3000.0)
    assert ill_truth["gear_loss_w"][coasting].mean() < 0.9 * sound_truth["gear_loss_w"][coasting].mean()
    for part in ("oil", "gears"):
        node = NODES.index(part)
        assert warm(ill_truth["temps_c"][:, node]) > warm(sound_truth["temps_c"][:, node]) + 1.5


def test_a_worn_bearing_drags_and_shakes_and_a_pitted_gear_loses_only_when_driving() -> None:
    sound, worn, sound_truth, worn_truth = pair("bearing_wear", 1.0)
    assert worn_truth["gear_loss_w"].sum() > 1.02 * sound_truth["gear_loss_w"].sum()
    assert warm(worn["vibration_rms_m_s2"]) > 2.0 * warm(sound["vibration_rms_m_s2"])
    _, _, sound_truth, pitted_truth = pair("gear_pitting", 0.5)
    driving, braking = sound_truth["shaft_power_w"] > 20_000.0, sound_truth["shaft_power_w"] < -20_000.0
    assert pitted_truth["gear_loss_w"][driving].mean() > 1.15 * sound_truth["gear_loss_w"][driving].mean()
    assert pitted_truth["gear_loss_w"][braking].mean() == pytest.approx(
        sound_truth["gear_loss_w"][braking].mean(), rel=0.05
    )


def test_shorted_field_turns_step_resistance_down_and_current_up() -> None:
    sound, ill, *_ = pair("field_short", 0.02)
    excited = sound["field_current_a"] > 2.0
    resistance = [np.mean(s["field_voltage_v"][excited] / s["field_current_a"][excited]) for s in (sound, ill)]
    assert resistance[1] / resistance[0] == pytest.approx(0.98, abs=0.01)
    assert np.mean(ill["field_current_a"][excited]) > 1.01 * np.mean(sound["field_current_a"][excited])


def test_worn_brushes_drop_more_voltage_and_lower_the_isolation() -> None:
    sound, ill, *_ = pair("brush_wear", 2.0)
    excited = sound["field_current_a"] > 5.0
    assert np.mean((ill["field_voltage_v"] - sound["field_voltage_v"])[excited]) == pytest.approx(2.0, abs=0.3)
    assert warm(ill["isolation_ohm"]) < 0.3 * warm(sound["isolation_ohm"])
    scatter = []
    for signals in (sound, ill):
        current_a, voltage_v = signals["field_current_a"], signals["field_voltage_v"]
        steady = (np.abs(np.diff(current_a)) < 0.05) & (current_a[1:] > 3.0)
        scatter.append(np.var(np.diff(voltage_v)[steady]))
    assert 2.0 < scatter[1] / scatter[0] < 10.0  # physics 7.4


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_the_largest_size_on_a_hot_day_in_the_mountains_ends_in_a_shutdown_not_in_a_fire(kind: str) -> None:
    place = Surroundings(vehicle=3, climate="hot", customer="mountain")
    for name in ("jaguar-ipace", "bmw-gen5-rear"):
        fault = Fault(kind, KINDS[kind][2], START_S)
        unit = SimulatedUnit(machines.load(name), 7, 3, START_S, place, [fault])
        samples, truth = joined(list(unit.drives(DAY, 1)))
        assert all(np.isfinite(truth[field]).all() for field in TRUTH.names or () if "inverter_junction" not in field)
        assert np.isfinite(truth["inverter_junction_temp_c"][:, 0]).all()
        assert truth["temps_c"].max() < 215.0
        assert truth["junction_temp_c"].max() < 215.0
        down = samples["derate_reasons"].astype(int) & SHUT_DOWN > 0
        assert (truth["torque_nm"][down] == 0.0).all()


def test_a_dead_pump_shuts_the_unit_down_until_it_has_cooled() -> None:
    place = Surroundings(vehicle=3, climate="hot", customer="mountain")
    unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S, place, [Fault("pump", 1.0, START_S)])
    samples, _ = joined(list(unit.drives(DAY, 1)))
    down = samples["derate_reasons"].astype(int) & SHUT_DOWN > 0
    assert 0.0 < down.mean() < 1.0
    assert (np.diff(down.astype(int)) == -1).any(), "it comes back"


def test_weaker_magnets_need_more_current_and_the_controller_overestimates_torque() -> None:
    sound, ill, _, truth = pair("demagnetisation", 0.05, machine="jaguar-ipace")
    loaded = truth["torque_nm"] > 40.0
    assert np.mean(ill["i_q_a"][loaded]) > 1.015 * np.mean(sound["i_q_a"][loaded])
    assert np.mean(ill["torque_nm"][loaded]) > 1.01 * np.mean(sound["torque_nm"][loaded])


def test_a_resolver_offset_makes_torque_errors_of_opposite_sign_in_driving_and_braking() -> None:
    sound, ill, _, truth = pair("resolver_offset", 2.0, machine="jaguar-ipace")
    error = np.abs(ill["torque_nm"]) - np.abs(sound["torque_nm"])
    driving, braking = truth["torque_nm"] > 30.0, truth["torque_nm"] < -30.0
    assert np.mean(error[driving]) * np.mean(error[braking]) < 0.0


def test_one_aged_leg_is_hotter_than_the_others_and_a_dry_interface_warms_all() -> None:
    sound, ill, sound_truth, ill_truth = pair("leg_ageing", 0.5)
    imbalance = [warm(s["inverter_temp_1_c"] - s["inverter_temp_3_c"]) for s in (sound, ill)]
    assert imbalance[1] > imbalance[0] + 0.2
    assert ill_truth["junction_temp_c"].max() > sound_truth["junction_temp_c"].max() + 2.0
    sound, dry, *_ = pair("interface_dry_out", 0.4)
    for leg in (1, 2, 3):
        assert warm(dry[f"inverter_temp_{leg}_c"]) > warm(sound[f"inverter_temp_{leg}_c"]) + 1.0


@pytest.mark.parametrize("kind", AGEING)
def test_wear_grows_with_load_up_to_failure(kind: str) -> None:
    machine = "jaguar-ipace" if kind == "demagnetisation" else "bmw-gen5-rear"
    life_h = {"demagnetisation": 0.005, "leg_ageing": 0.05}.get(kind, 1.0)
    _, truth = joined(drives(Fault(kind, KINDS[kind][1], START_S, life_h=life_h), machine=machine, days=3))
    damage = truth["damage"]
    assert (np.diff(damage) >= 0.0).all()
    assert damage[0] == 0.0
    assert damage[-1] >= 1.0
    _, longer = joined(drives(Fault(kind, KINDS[kind][1], START_S, life_h=100 * life_h), machine=machine, days=3))
    assert longer["damage"][len(damage) - 1] < 0.1 * damage[-1]


@pytest.mark.parametrize("rate", [1, 10])
def test_a_unit_at_the_end_of_its_life_is_derated_and_then_silent(rate: int) -> None:
    def worn() -> SimulatedUnit:
        wear = Fault("brush_wear", 2.0, START_S, life_h=0.4)
        return SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S, MOTORWAY, [wear], rate)

    unit = worn()
    parts = list(unit.drives(DAY, 3))
    _, truth = joined(parts)
    failed = truth["damage"] >= 1.0
    assert 0 < failed.sum() <= LIMP_S * rate
    assert failed[-1]
    samples = np.concatenate([part.samples for part in parts])
    worn_out = samples[:, SIGNAL_COLUMN["derate_reasons"]].astype(int) & DERATE_WORN > 0
    assert (worn_out == (truth["damage"] > 0.95)).all()
    assert np.abs(truth["torque_nm"][failed]).max() <= 0.2 * 430.0 + 1e-9
    assert parts[-1].trip.end_s > truth["time_s"][-1] + 1
    assert list(unit.drives(DAY + 3, 2)) == []

    again = worn()  # cut at every minute: the same end
    trip = next(again.trips(DAY, 1))
    again.start(trip)
    pieces = [again.go_on(trip, 60) for _ in range((int(trip.end_s) - int(trip.start_s)) // 60)]
    assert np.concatenate([piece.samples for piece in pieces]).tobytes() == samples.tobytes()


def test_faults_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault 'rust'"):
        Fault("rust", 1.0, 0)
    with pytest.raises(ValueError, match=r"oil_loss of size 1\.0: from 0\.0 to 0\.95"):
        Fault("oil_loss", 1.0, 0)
    with pytest.raises(ValueError, match="field_short of size nan"):
        Fault("field_short", float("nan"), 0)
    with pytest.raises(ValueError, match=r"pump of size -0\.1"):
        Fault("pump", -0.1, 0)
    assert Fault("winding_sensor", -3.0, 0).size == -3.0
    with pytest.raises(ValueError, match="does not wear"):
        Fault("resolver_offset", 1.0, 0, life_h=10.0)
    with pytest.raises(ValueError, match="at most"):
        SimulatedUnit(machines.load("bmw-i3"), 1, 0, START_S, faults=[Fault("pump", 0.1, 0)] * 9)


def test_a_cut_trip_with_wear_and_ramps_gives_the_same_bits() -> None:
    faults = (Fault("brush_wear", 2.0, START_S, life_h=0.5), Fault("fouling", 0.3, START_S, 90_000.0))

    def first(*parts: int) -> bytes:
        unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S, MOTORWAY, faults)
        trip = next(unit.trips(DAY, 1))
        unit.start(trip)
        found = [unit.go_on(trip, seconds) for seconds in parts]
        found.append(unit.go_on(trip, 1200 - sum(parts)))
        samples = np.concatenate([part.samples for part in found])
        assert np.isfinite(samples[:, SIGNAL_COLUMN["field_voltage_v"]]).all()
        return samples.tobytes() + np.concatenate([part.truth for part in found]).tobytes()

    assert first() == first(1, 59, 333, 7)


def test_a_cut_trip_of_a_unit_that_derates_gives_the_same_bits() -> None:
    badly_cooled = (
        Fault("pump", 0.9, START_S),
        Fault("leg_ageing", 2.0, START_S),
        Fault("interface_dry_out", 0.9, START_S),
    )

    def first(step_s: int) -> tuple[bytes, np.ndarray]:
        place = Surroundings(vehicle=3, climate="hot", customer="mountain")
        unit = SimulatedUnit(machines.load("bmw-gen5-rear"), 7, 3, START_S, place, badly_cooled)
        trip = next(unit.trips(DAY, 1))
        unit.start(trip)
        found = [unit.go_on(trip, step_s) for _ in range(1750 // step_s)]
        samples = np.concatenate([part.samples for part in found])
        truth = np.concatenate([part.truth for part in found])
        return samples.tobytes() + truth.tobytes(), samples[:, SIGNAL_COLUMN["derate_reasons"]]

    whole, reasons = first(1750)
    assert (reasons.astype(int) & DERATE_JUNCTION > 0).sum() > 10
    assert whole == first(7)[0]
