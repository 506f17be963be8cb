"""The signals of an electric drive unit: id, name, unit, sign, range and scale of each, in one table.

Torque and mechanical power are positive when driving; DC current is positive when drawn by the inverter.
Park components are amplitude-invariant. Ids are append-only: an id is never reused for another meaning.
"""

from typing import NamedTuple

INT16_MISSING = -32768


class Signal(NamedTuple):
    """One signal of the telemetry contract.

    ``low`` and ``high`` bound what is physically possible (outside = implausible, ignored and counted);
    ``scale`` is the value of one step in the int16 form; ``vss`` the COVESA VSS 6.1 path where one exists.
    """

    id: int
    name: str
    unit: str
    low: float
    high: float
    scale: float
    vss: str
    description: str


_EM = "Vehicle.Powertrain.ElectricMotor."

SIGNALS: tuple[Signal, ...] = (
    Signal(1, "motor_speed_rpm", "rpm", -25_000, 25_000, 1.0, _EM + "Speed", "rotor speed, negative in reverse"),
    Signal(2, "torque_nm", "Nm", -1_500, 1_500, 0.1, _EM + "Torque", "shaft torque, positive when driving forward"),
    Signal(3, "dc_voltage_v", "V", 0, 1_200, 0.1, _EM + "Inverter.DCVoltage", "DC-link voltage"),
    Signal(4, "dc_current_a", "A", -2_000, 2_000, 0.1, _EM + "Inverter.DCCurrent", "DC current drawn by the inverter"),
    Signal(5, "i_d_a", "A", -2_000, 2_000, 0.1, _EM + "CurrentD", "stator current, d axis, amplitude"),
    Signal(6, "i_q_a", "A", -2_000, 2_000, 0.1, _EM + "CurrentQ", "stator current, q axis, amplitude"),
    Signal(7, "u_d_v", "V", -1_000, 1_000, 0.1, "", "stator voltage, d axis, amplitude"),
    Signal(8, "u_q_v", "V", -1_000, 1_000, 0.1, "", "stator voltage, q axis, amplitude"),
    Signal(9, "field_current_a", "A", -5, 60, 0.1, "", "excitation current of an EESM"),
    Signal(10, "field_voltage_v", "V", -600, 600, 0.1, "", "excitation voltage at the slip rings"),
    Signal(11, "switching_frequency_hz", "Hz", 0, 50_000, 2.0, "", "inverter switching frequency"),
    Signal(12, "winding_temp_c", "degC", -60, 250, 0.01, _EM + "Stator.Temperature", "stator winding sensor"),
    Signal(13, "inverter_temp_1_c", "degC", -60, 250, 0.01, _EM + "Inverter.Temperature", "power module, phase U"),
    Signal(14, "inverter_temp_2_c", "degC", -60, 250, 0.01, "", "power module, phase V"),
    Signal(15, "inverter_temp_3_c", "degC", -60, 250, 0.01, "", "power module, phase W"),
    Signal(16, "coolant_in_temp_c", "degC", -60, 150, 0.01, _EM + "Coolant.InletTemperature", "coolant at the inlet"),
    Signal(
        17, "coolant_out_temp_c", "degC", -60, 150, 0.01, _EM + "Coolant.OutletTemperature", "coolant at the outlet"
    ),
    Signal(18, "oil_temp_c", "degC", -60, 200, 0.01, _EM + "Gearbox.OilTemperature", "gear oil"),
    Signal(19, "ambient_temp_c", "degC", -60, 70, 0.01, "Vehicle.Exterior.AirTemperature", "outside air"),
    Signal(20, "coolant_flow_l_min", "l/min", 0, 60, 0.01, _EM + "Coolant.FlowRate", "coolant flow through the unit"),
    Signal(21, "pump_duty", "ratio", 0, 1, 0.0001, "", "duty of the coolant pump"),
    Signal(22, "isolation_ohm", "ohm", 1, 1e12, 0.001, _EM + "InsulationResistance", "int16: log10 of the resistance"),
    Signal(23, "vibration_rms_m_s2", "m/s2", 0, 500, 0.02, _EM + "Vibration.Rms", "housing vibration"),
    Signal(24, "vibration_kurtosis", "ratio", 0, 100, 0.01, "", "kurtosis of the housing vibration"),
    Signal(25, "derate_reasons", "mask", 0, 32_767, 1.0, _EM + "Inverter.DeratingReasons", "bit mask, unscaled"),
    Signal(26, "vehicle_speed_km_h", "km/h", -100, 400, 0.02, "Vehicle.Speed", "vehicle speed"),
)
"""Position in this tuple = column of the packed sample; id - 1 = position, kept so by a test."""

SIGNAL_BY_NAME = {signal.name: signal for signal in SIGNALS}
SIGNAL_BY_ID = {signal.id: signal for signal in SIGNALS}
REQUIRED = ("motor_speed_rpm", "torque_nm")
LOGARITHMIC = ("isolation_ohm",)
"""Signals whose int16 form carries log10(value) / scale."""
