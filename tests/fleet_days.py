"""Daily features of a fleet without its physics: thousands of unit-months for detectors to be judged on.

Fitted to ``tests.benchmarks.plant``: conductance scatters by 2.8 % within a unit after its peers' day and by 20 %
between units, days repeat each other by 0.3-0.5, the peers' day itself moves by 4.8 %; other features in proportion to
their own scatter. Everything follows from (seed, day): another fault changes nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.fleet.days import Day
from twin.fleet.features import BETWEEN_SD, FEATURES, INDEX, LOG, N_FEATURES, N_JUDGED, NOISE_SD, Floats, Indices
from twin.fleet.state import FleetState

REGIONS, PLANTS, BATCH_SIZE = 3, 3, 40
VARIANTS = (("bmw-gen5-rear", "rear", "eesm"), ("bmw-gen5-front", "front", "eesm"), ("jaguar-ipace", "rear", "pmsm"))
WITHIN = 0.93
"""Of the table's least scatter: 2.8 % where that is 3 %."""
REPEATED = (0.3, 0.5)
WEATHER_SD, WEATHER_REPEATED, SEASON = 1.0, 0.8, 1.0
"""Of a feature's day for all units of a region, in its scatter; with the season 4.8 % of conductance."""
OWN_WEATHER_SD = 0.2
"""By how much a unit answers weather differently."""
SHARED_IN_CAR = 0.3
TAIL_FREEDOM = 5.0
SCATTER_SD_LN, STATED_SD_LN, DAY_SD_LN = 0.15, 0.3, 0.25
BATCH_SHARE, PLANT_SHARE = 0.25, 0.1
"""SD of their offsets, in the spread between units."""
DRIVES, MEASURED = 0.78, 0.92
SELDOM = {
    **{"field_resistance_20c_ohm": 0.8, "brush_drop_v": 0.8, "magnet_flux_20c_wb": 0.8, "resolver_offset_deg": 0.8},
    **{"cooling_conductance_ratio": 0.8, "iron_loss_scale": 0.02, "inverter_loss_scale": 0.02},
}
"""What fewer days tell. Simulated units (seven lives, three variants): conductance on 55 to 95 % of the days, iron and
inverter on none of 126.
"""
SIGNS_PER_DAY = 0.2 / 30.0

FAULTS: dict[str, dict[str, float]] = {
    "pump": {"pump_flow_ratio": np.log(0.7), "cooling_conductance_ratio": 0.05, "module_resistance_ratio": -0.06},
    "air_in_coolant": {
        "module_resistance_ratio": 0.38,
        "cooling_conductance_ratio": -0.12,
        "drag_scale": 0.2,
        "pump_flow_ratio": -0.16,
    },
    "fouling": {"cooling_conductance_ratio": np.log(0.7), "module_resistance_ratio": 0.55, "drag_scale": 0.32},
    "coolant_sensor": {
        "coolant_in_offset_k": 2.2,
        "winding_offset_k": -0.9,
        "coolant_out_offset_k": -0.85,
        "cooling_conductance_ratio": 0.15,
        "drag_scale": -0.15,
        "module_resistance_ratio": -0.4,
        "winding_residual_offset_k": -1.2,
        "coolant_out_residual_offset_k": -2.6,
    },
    "outlet_sensor": {
        "coolant_out_offset_k": 3.0,
        "cooling_conductance_ratio": 0.02,
        "coolant_out_residual_offset_k": 3.0,
    },
    "winding_sensor": {
        "winding_offset_k": 5.0,
        "cooling_conductance_ratio": -0.43,
        "winding_residual_offset_k": 5.3,
        "coolant_out_residual_offset_k": 0.3,
    },
    "demagnetisation": {"magnet_flux_20c_wb": np.log(0.97), "loss_ratio": -0.22, "copper_loss_scale": 0.1},
    "field_short": {"field_resistance_20c_ohm": np.log(0.98), "brush_drop_v": 0.03},
    "brush_wear": {"brush_drop_v": 2.0, "isolation_decades": -0.8, "field_resistance_20c_ohm": 0.001},
    "turn_short": {
        "cooling_conductance_ratio": -0.16,
        "copper_loss_scale": 0.27,
        "loss_ratio": 0.025,
        "winding_residual_loss_k_per_kw": 0.43,
    },
    "bearing_wear": {
        "drag_scale": 0.2,
        "vibration_m_s2": np.log(4.0),
        "vibration_kurtosis": 4.0,
        "cooling_conductance_ratio": -0.07,
    },
    "gear_pitting": {
        "drag_scale": 0.1,
        "vibration_m_s2": np.log(2.5),
        "vibration_kurtosis": 1.5,
        "cooling_conductance_ratio": -0.06,
    },
    "oil_loss": {"drag_scale": np.log(1.4), "loss_ratio": -0.02},
    "resolver_offset": {"resolver_offset_deg": 1.5, "loss_ratio": 0.01},
    "leg_ageing": {"leg_resistance_ratio": 0.12, "module_resistance_ratio": 0.05},
    "interface_dry_out": {"module_resistance_ratio": 0.2, "leg_resistance_ratio": 0.01},
    "phase_current_gain": {
        "loss_ratio": -0.27,
        "cooling_conductance_ratio": 0.07,
        "copper_loss_scale": -0.13,
        "module_resistance_ratio": -0.05,
        "winding_residual_loss_k_per_kw": -0.05,
    },
    "dc_current_gain": {"loss_ratio": 0.25},
    "isolation": {"isolation_decades": -2.0},
}
"""Effect at the full size, as simulated units show it (physics 7.4, 9.1).

Which features a fault shifts besides is scattered from unit to unit.
"""
WITH_MAGNETS: dict[str, dict[str, float]] = {
    "phase_current_gain": {
        "loss_ratio": -0.48,
        "copper_loss_scale": -0.44,
        "cooling_conductance_ratio": 0.05,
        "winding_residual_loss_k_per_kw": -0.19,
    },
    "resolver_offset": {"resolver_offset_deg": 1.65, "loss_ratio": -0.14, "copper_loss_scale": -0.3},
}
"""The same of machines with magnets, where they show other things: 31 simulated units, seed 500."""
EFFECT_SD = 0.2
MACHINE = {"demagnetisation": "pmsm", "field_short": "eesm", "brush_wear": "eesm"}


class Injection(NamedTuple):
    """A fault of some units: full after the ramp."""

    fault: str
    size: float  # of the effect in FAULTS
    units: Indices
    onset: Indices  # day of each
    ramp_days: int = 0


class Step(NamedTuple):
    """New firmware for some units, which moves every feature of theirs by a share of its between-unit spread."""

    day: int
    units: Indices
    shares: Floats  # (features,)
    declared: bool = True  # the unit stage begins a segment


class Batch(NamedTuple):
    """A batch with more signs of failure."""

    number: int
    ratio: float
    from_day: int


class Draws:
    """Random numbers for all features; witnesses have a generator of their own, so more of them change nothing else."""

    def __init__(self, judged: np.random.Generator, witnesses: np.random.Generator) -> None:
        self.judged, self._witnesses = judged, witnesses

    def __call__(self, draw: Callable[[np.random.Generator, tuple[int, ...]], NDArray[Any]], *rows: int) -> Floats:
        """(rows, features)."""
        own = draw(self.judged, (*rows, N_JUDGED))
        return np.concatenate([own, draw(self._witnesses, (*rows, N_FEATURES - N_JUDGED))], axis=-1)

    def normal(self, *rows: int) -> Floats:
        """Standard normal ones."""
        return self(np.random.Generator.standard_normal, *rows)


class Fleet:
    """Units 0 .. n-1 named ``u000000``; every other car of two has a front and a rear unit."""

    def __init__(
        self, seed: int, units: int, injections: tuple[Injection, ...] = (), steps: tuple[Step, ...] = (),
        batches: tuple[Batch, ...] = (), drop_out: float = 0.0, signs_per_day: float = SIGNS_PER_DAY,
    ) -> None:  # fmt: skip
        self.seed, self.n, self.injections, self.steps, self.batches = seed, units, injections, steps, batches
        self.drop_out, self.signs_per_day = drop_out, signs_per_day
        rng = self._draws(0, 1)
        number = np.arange(units)
        self.car = number // 2
        self.variant = np.where(self.car % 3 == 2, 2, number % 2)
        self.names = [f"u{k:06d}" for k in number]
        self.region = self.car % REGIONS
        order = np.argsort(self.variant, kind="stable")  # a batch is of one variant
        self.batch = np.empty(units, dtype=np.int64)
        self.batch[order] = number // BATCH_SIZE
        self.plant = self.batch % PLANTS
        rows = 1.0 + rng(lambda one, size: one.integers(0, 5, size)) * 0.3
        self.nominal = np.where(LOG, np.log(rows), rows) + 0.05 * self.variant[:, None]
        batches_offset = rng.normal(units // BATCH_SIZE + 1) * BATCH_SHARE
        plants_offset = rng.normal(PLANTS) * PLANT_SHARE
        own = rng.normal(units) * np.sqrt(1.0 - BATCH_SHARE**2 - PLANT_SHARE**2)
        self.normal = self.nominal + BETWEEN_SD * (own + batches_offset[self.batch] + plants_offset[self.plant])
        self.scatter = WITHIN * NOISE_SD * np.exp(SCATTER_SD_LN * rng.normal(units))
        self.repeated = rng(lambda one, size: one.uniform(*REPEATED, size), units)
        self.answer = 1.0 + OWN_WEATHER_SD * rng.normal(units)
        self.season = rng(lambda one, size: one.uniform(0.0, 2.0 * np.pi, size))
        machine = np.array([VARIANTS[k][2] for k in range(len(VARIANTS))])
        needs = np.array([feature.machine for feature in FEATURES])
        self.has = (needs[None] == "") | (needs[None] == machine[self.variant][:, None])
        self.measured = np.array([SELDOM.get(feature.name, MEASURED) for feature in FEATURES])
        self.effects = [self._effect(k, injection) for k, injection in enumerate(injections)]

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, *key])))

    def _draws(self, *key: int) -> Draws:
        return Draws(self._rng(*key), self._rng(9, *key))

    def _effect(self, number: int, injection: Injection) -> Floats:
        """(units of the injection, features) at full size."""
        pattern = np.zeros((len(injection.units), N_FEATURES))
        for k, unit in enumerate(injection.units):
            magnets = VARIANTS[self.variant[unit]][2] == "pmsm"
            shifts = FAULTS[injection.fault]
            for name, shift in (WITH_MAGNETS.get(injection.fault, shifts) if magnets else shifts).items():
                pattern[k, INDEX[name]] = shift
        scattered = 1.0 + EFFECT_SD * self._draws(0, 2, number).normal(len(injection.units))
        scattered[:, INDEX[next(iter(FAULTS[injection.fault]))]] = 1.0  # the size is that of the first feature
        return pattern * injection.size * scattered

    def register(self, state: FleetState) -> None:
        """Tell the registry all it can know."""
        for k, name in enumerate(self.names):
            variant, mounting, _ = VARIANTS[self.variant[k]]
            facts = {"variant": variant, "mounting": mounting, "climate": f"region-{self.region[k]}"}
            facts |= {"plant": f"p{self.plant[k]}", "batch": f"b{self.batch[k]:03d}", "firmware": "fw-1"}
            state.units.register(name, **facts, hardware=f"h{self.batch[k] // 8}", vehicle=f"v{self.car[k]:06d}")

    def days(self, count: int, first_day: int = 20_000) -> Iterator[Day]:
        """Closed days; before a firmware step call ``flash`` for its day. Day 0 of the story is ``first_day``."""
        noise = np.zeros((self.n, N_FEATURES))
        car_noise = np.zeros((self.n, N_FEATURES))
        weather = np.zeros((REGIONS, N_FEATURES))
        segment = np.zeros(self.n, dtype=np.int64)
        fresh = np.sqrt(1.0 - self.repeated**2)
        car_fresh = np.sqrt(1.0 - 0.4**2)
        tail = np.sqrt((TAIL_FREEDOM - 2.0) / TAIL_FREEDOM)
        for day in range(count):
            draws = self._draws(1, day)
            rng = draws.judged
            width = draws.normal(self.n)
            heavy = width / np.sqrt(draws(lambda one, size: one.chisquare(TAIL_FREEDOM, size), self.n) / TAIL_FREEDOM)
            heavy *= tail
            noise = self.repeated * noise + fresh * heavy
            of_car = draws.normal(self.n // 2 + 1)[self.car]
            car_noise = 0.4 * car_noise + car_fresh * of_car
            weather_step = np.sqrt(1.0 - WEATHER_REPEATED**2) * draws.normal(REGIONS)
            weather = WEATHER_REPEATED * weather + weather_step
            season = SEASON * np.sin(2.0 * np.pi * day / 365.0 + self.season)
            common = (WEATHER_SD * weather[self.region] + season) * self.answer * NOISE_SD
            day_scale = np.exp(np.abs(DAY_SD_LN * rng.standard_normal((self.n, 1))))
            both = np.sqrt(1.0 - SHARED_IN_CAR) * noise + np.sqrt(SHARED_IN_CAR) * car_noise
            y = self.normal + common + self.scatter * day_scale * both
            for step in self.steps:
                if day >= step.day:
                    y[step.units] += step.shares * BETWEEN_SD
                    if step.declared:
                        segment[step.units] = np.maximum(segment[step.units], 1)
            for injection, effect in zip(self.injections, self.effects, strict=True):
                age = day - injection.onset
                grown = np.clip((age + 1.0) / max(injection.ramp_days, 1), 0.0, 1.0) * (age >= 0)
                y[injection.units] += effect * grown[:, None]
            stated = self.scatter * day_scale * np.exp(STATED_SD_LN * draws.normal(self.n))
            value = np.where(LOG, np.exp(np.where(LOG, y, 0.0)), y)
            sd = np.where(LOG, stated * value, stated)
            valid = self.has & (draws(lambda one, size: one.random(size), self.n) < self.measured)
            drives = (rng.random(self.n) < DRIVES) & (self._rng(2, day).random(self.n) >= self.drop_out)
            rate = np.full(self.n, self.signs_per_day / DRIVES)
            for batch in self.batches:
                rate = np.where((self.batch == batch.number) & (day >= batch.from_day), batch.ratio * rate, rate)
            signs = rng.random(self.n) < rate
            at = np.flatnonzero(drives)
            names = [self.names[k] for k in at]
            yield Day(first_day + day, names, value[at], sd[at], valid[at], segment[at].copy(), signs[at])

    def flash(self, state: FleetState, day: int) -> None:
        """Tell the registry of the firmware steps of a day."""
        for step in self.steps:
            if step.day == day:
                for k in step.units:
                    state.units.register(self.names[k], firmware="fw-2")


def of_machine(fleet: Fleet, fault: str) -> NDArray[np.int64]:
    """Units that can have a fault."""
    kind = MACHINE.get(fault, "")
    machines = np.array([VARIANTS[k][2] for k in fleet.variant])
    return np.flatnonzero((machines == kind) | (kind == ""))
