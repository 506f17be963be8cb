"""The most likely fault behind the shifts of a unit's features, with what speaks for it and against it (physics 7.4).

Every fault is a pattern of shifts, or one for each kind of machine, in proportion to an unknown size, which is averaged
over a grid. A feature off the pattern by a share of its part or by its own noise speaks against it, and a fault whose
main feature nobody measures is none. "Unexplained" is a few features shifted any way.
"""

from typing import NamedTuple

import numpy as np

from twin.fleet.features import FEATURES, GATE, N_FEATURES, Floats, natural
from twin.fleet.signatures import FAULTS, MAIN, NAMES, OF, PATTERNS, SHIFTS, UNEXPLAINED, UNEXPLAINED_CHECK

SIZES = np.geomspace(0.2, 5.0, 17)
OFF_PATTERN = 0.35
"""Share by which a unit's shift may differ from the pattern, SD."""
STRAY_GATES = 0.25
"""What any feature may have shifted by besides, in effect-size gates, SD."""
FREE_GATES = 3.0
MOVES = 0.1
"""Share of the features that an unexplained fault moves, any way and up to FREE_GATES (SD)."""
UNEXPLAINED_SHARE = 0.3
FAR_SD = 30.0


class Diagnosis(NamedTuple):
    """What a unit most likely has."""

    fault: str
    probability: float
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    check: str


def _log_density(away: Floats, variance: Floats, known: Floats) -> Floats:
    total: Floats = (-0.5 * (away**2 / variance + np.log(variance)) * known).sum(axis=-1)
    return total


def _of_patterns(shift: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Log likelihoods (n, patterns), and (n,) of "unexplained"."""
    known = np.isfinite(shift).astype(np.float64)
    away = np.nan_to_num(shift)
    noise = np.where(np.isfinite(sd), sd, 1.0) ** 2 + (STRAY_GATES * GATE) ** 2
    away = np.clip(away, -FAR_SD * GATE, FAR_SD * GATE)
    found = np.empty((len(shift), len(PATTERNS)))
    for k, (name, _) in enumerate(PATTERNS):
        fault = FAULTS[name]
        signed = np.concatenate([SIZES, -SIZES]) if fault.both_ways else SIZES
        expected = signed[:, None] * SHIFTS[k]
        variance = noise[:, None] + (OFF_PATTERN * expected) ** 2
        by_size = _log_density(away[:, None] - expected, variance, known[:, None])
        share = fault.share / (1 + len(fault.elsewhere))
        found[:, k] = np.logaddexp.reduce(by_size, axis=1) - np.log(len(signed)) + np.log(share)
        found[known[:, MAIN[k]] == 0.0, k] = -np.inf
    still = -0.5 * (away**2 / noise + np.log(noise)) + np.log(1.0 - MOVES)
    free = noise + (FREE_GATES * GATE) ** 2
    moved = -0.5 * (away**2 / free + np.log(free)) + np.log(MOVES)
    return found, (np.logaddexp(still, moved) * known).sum(axis=1) + np.log(UNEXPLAINED_SHARE)


def log_likelihoods(shift: Floats, sd: Floats) -> Floats:
    """Shifts (n, features) with SD, NaN: not known -> log likelihood (n, faults + 1), the last of "unexplained"."""
    return _of_faults(*_of_patterns(shift, sd))


def _of_faults(by_pattern: Floats, unexplained: Floats) -> Floats:
    own = [np.logaddexp.reduce(by_pattern[:, k == OF], axis=1) for k in range(len(NAMES))]
    return np.column_stack([*own, unexplained])


def _words(shift: float, feature: int, said: str) -> str:
    size = natural(shift, feature)
    text = f"{100.0 * size:+.1f} %" if FEATURES[feature].log else f"{size:+.2f}"
    return f"{FEATURES[feature].name} {text}{said}"


def _evidence(fault: str, at: int, shift: Floats, sd: Floats) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Features that shift as the fault makes them, and those that should or should not; ``at``: its pattern."""
    pattern = PATTERNS[at][1] if fault in FAULTS else {}
    pro, contra, sign = [], [], 1.0
    if fault in FAULTS and FAULTS[fault].both_ways:
        sign = 1.0 if np.nansum(SHIFTS[at] * np.nan_to_num(shift)) >= 0.0 else -1.0
    for k in range(N_FEATURES):
        name, expected = FEATURES[k].name, sign * pattern.get(FEATURES[k].name, 0.0)
        moved = np.isfinite(shift[k]) and abs(shift[k]) >= max(0.5 * GATE[k], 2.0 * sd[k])
        if not np.isfinite(shift[k]):
            if expected and not FEATURES[k].witness:
                contra.append(f"{name} not measured")
        elif expected and moved and shift[k] * expected > 0.0:
            pro.append(_words(shift[k], k, ""))
        elif moved:
            (contra if fault in FAULTS else pro).append(_words(shift[k], k, ""))
        elif expected:
            contra.append(_words(shift[k], k, f", expected {'a rise' if expected > 0 else 'a fall'}"))
        elif name in pattern:
            pro.append(f"{name} unchanged")
    return tuple(pro), tuple(contra)


def diagnose(shift: Floats, sd: Floats) -> list[Diagnosis]:
    """Name the fault of each unit by shifts (n, features) and their SD; NaN: feature not known."""
    by_pattern, unexplained = _of_patterns(shift, sd)
    likelihood = _of_faults(by_pattern, unexplained)
    likelihood -= likelihood.max(axis=1, keepdims=True)
    probability = np.exp(likelihood)
    probability /= probability.sum(axis=1, keepdims=True)
    found = []
    for k, best in enumerate(probability.argmax(axis=1)):
        fault = NAMES[best] if best < len(NAMES) else UNEXPLAINED
        at = int(np.argmax(np.where(best == OF, by_pattern[k], -np.inf)))
        pro, contra = _evidence(fault, at, shift[k], sd[k])
        check = FAULTS[fault].check if fault in FAULTS else UNEXPLAINED_CHECK
        found.append(Diagnosis(fault, float(probability[k, best]), pro, contra, check))
    return found
