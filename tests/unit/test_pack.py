"""Packed samples say what the sender's values were, in both forms, side by side in one call."""

import numpy as np
import pytest

import streams.pack
from schemas.signals import SIGNALS
from streams.codec import encode_frame
from streams.pack import TARGET_SAMPLES, Packer
from tests.frames import NOON_US, SECOND_US, decoded, identity, record
from twin.layout import MEAN_SAMPLED, NOT_READY

NAMES = [signal.name for signal in SIGNALS]
REQUIRED = {"motor_speed_rpm": [3_000.0, -1.0], "torque_nm": [55.5, -20.0]}


def message(signals: dict[str, list[float]], number: int = 0, **options: object) -> bytes:
    start_us = NOON_US + number * 10 * SECOND_US
    times_us = options.pop("times_us", start_us + np.arange(len(signals["torque_nm"])) * SECOND_US)
    return encode_frame(identity(), 1, number, times_us, signals, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("int16", [False, True])
def test_every_signal_arrives_in_its_column(int16: bool) -> None:
    rng = np.random.default_rng(4)
    low, high = np.array([s.low for s in SIGNALS]), np.array([s.high for s in SIGNALS])
    sent = low + (high - low) * rng.random((50, len(SIGNALS)))
    order = rng.permutation(len(SIGNALS))
    signals = {NAMES[n]: sent[:, n] for n in order}
    frames = decoded([record(message(signals, int16=int16))])
    ((_, table, times_us, samples),) = Packer().pack(frames, [3], 0)
    assert table["row"].tolist() == [3]
    assert (times_us == NOON_US + np.arange(50) * SECOND_US).all()
    for n, signal in enumerate(SIGNALS):
        got = samples[signal.name]
        if not int16:
            assert (got == sent[:, n].astype(np.float32)).all()
        elif signal.name == "isolation_ohm":
            assert np.allclose(np.log10(got), np.log10(sent[:, n]), rtol=0, atol=0.5001 * signal.scale)
        else:
            assert np.allclose(got, sent[:, n], rtol=0, atol=0.5001 * signal.scale)


@pytest.mark.parametrize("int16", [False, True])
def test_absent_signals_and_missing_samples_are_nan(int16: bool) -> None:
    frames = decoded([record(message({**REQUIRED, "oil_temp_c": [np.nan, 40.0]}, int16=int16))])
    ((_, _, _, samples),) = Packer().pack(frames, [0], 0)
    assert np.isnan(samples["oil_temp_c"]).tolist() == [True, False]
    given = {*REQUIRED, "oil_temp_c"}
    assert all(np.isnan(samples[name]).all() for name in NAMES if name not in given)
    assert not np.isnan(samples["torque_nm"]).any()


def test_frames_of_both_forms_and_spacings_share_a_call() -> None:
    offsets = NOON_US + np.array([0, 7, 1_000_000])
    three = {name: [1.0, 2.0, 3.0] for name in REQUIRED}
    records = [
        record(message(REQUIRED, 0)),
        record(message({**REQUIRED, "oil_temp_c": [1.0, 2.0]}, 1, int16=True, mean=True)),
        record(message(three, 2, times_us=offsets, ready=False, odometer_km=7.0)),
        record(message(REQUIRED, 3, int16=True, times_us=NOON_US + np.array([0, 3_000_000_000]))),
    ]
    frames = decoded(records)
    frames[1].gaps = 4
    ((first, table, times_us, samples),) = Packer().pack(frames, [5, 6, 7, 8], 0)
    assert first == 0
    assert table["row"].tolist() == [5, 6, 7, 8]
    assert table["first"].tolist() == [0, 2, 4, 7]
    assert table["count"].tolist() == [2, 2, 3, 2]
    assert table["gaps"].tolist() == [0, 4, 0, 0]
    assert table["flags"].tolist() == [0, MEAN_SAMPLED, NOT_READY, 0]
    assert np.isnan(table["odometer_km"]).tolist() == [True, True, False, True]
    assert times_us[4:7].tolist() == offsets.tolist()
    assert times_us[7:].tolist() == [NOON_US, NOON_US + 3_000_000_000]
    assert samples["torque_nm"].tolist() == [55.5, -20.0, 55.5, -20.0, 1.0, 2.0, 3.0, 55.5, -20.0]
    for frame, packed in zip(frames, table, strict=True):
        place = slice(packed["first"], packed["first"] + packed["count"])
        assert (times_us[place] == frame.times_us()).all()


def test_the_mark_changes_every_identity() -> None:
    frames = decoded([record(message(REQUIRED))])
    hashes = set()
    for mark in (0, 1, 1 << 63):
        ((_, table, _, _),) = Packer().pack(frames, [0], mark)
        hashes.add(int(table["identity"][0]))
    assert len(hashes) == 3
    assert frames[0].identity.hash in hashes


def test_buffers_do_not_grow_with_the_number_of_frames() -> None:
    many = {name: [1.0] * 100 for name in REQUIRED}
    frames = decoded([record(message(many, n)) for n in range(400)])
    packer = Packer()
    portions = [(first, len(table), len(samples)) for first, table, _, samples in packer.pack(frames, [0] * 400, 0)]
    assert sum(count for _, count, _ in portions) == 400
    assert [first for first, *_ in portions] == [sum(c for _, c, _ in portions[:n]) for n in range(len(portions))]
    assert max(samples for *_, samples in portions) < TARGET_SAMPLES + 100
    size = packer._samples.nbytes
    list(packer.pack(frames, [0] * 400, 0))
    assert packer._samples.nbytes == size


def test_the_kernel_says_the_same_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {**REQUIRED, "isolation_ohm": [5e6, np.nan], "oil_temp_c": [-40.0, 20.5]}
    offsets = NOON_US + np.array([0, 7])
    messages = [message(sent, n, int16=n % 2 == 0, times_us=offsets + n * SECOND_US) for n in range(4)]
    frames = decoded([record(one) for one in messages])
    ((_, *compiled),) = Packer().pack(frames, [1, 2, 3, 4], 1 << 63)
    monkeypatch.setattr(streams.pack, "_unpack", getattr(streams.pack._unpack, "py_func", streams.pack._unpack))
    ((_, *plain),) = Packer().pack(frames, [1, 2, 3, 4], 1 << 63)
    assert [array.tobytes() for array in plain] == [array.tobytes() for array in compiled]
