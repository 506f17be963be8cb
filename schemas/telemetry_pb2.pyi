from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sampling(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POINT: _ClassVar[Sampling]
    MEAN: _ClassVar[Sampling]

class Form(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLOAT32: _ClassVar[Form]
    INT16: _ClassVar[Form]
POINT: Sampling
MEAN: Sampling
FLOAT32: Form
INT16: Form

class Identity(_message.Message):
    __slots__ = ("unit", "vehicle", "maker", "variant", "hardware", "firmware", "model_year")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    MAKER_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_FIELD_NUMBER: _ClassVar[int]
    FIRMWARE_FIELD_NUMBER: _ClassVar[int]
    MODEL_YEAR_FIELD_NUMBER: _ClassVar[int]
    unit: str
    vehicle: str
    maker: str
    variant: str
    hardware: str
    firmware: str
    model_year: int
    def __init__(self, unit: _Optional[str] = ..., vehicle: _Optional[str] = ..., maker: _Optional[str] = ..., variant: _Optional[str] = ..., hardware: _Optional[str] = ..., firmware: _Optional[str] = ..., model_year: _Optional[int] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("identity", "boot", "sequence", "start_us", "interval_us", "offsets_us", "sampling", "ready", "odometer_km", "form", "signals", "block")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    BOOT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_US_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_US_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    ODOMETER_KM_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    identity: bytes
    boot: int
    sequence: int
    start_us: int
    interval_us: int
    offsets_us: _containers.RepeatedScalarFieldContainer[int]
    sampling: Sampling
    ready: bool
    odometer_km: float
    form: Form
    signals: bytes
    block: bytes
    def __init__(self, identity: _Optional[bytes] = ..., boot: _Optional[int] = ..., sequence: _Optional[int] = ..., start_us: _Optional[int] = ..., interval_us: _Optional[int] = ..., offsets_us: _Optional[_Iterable[int]] = ..., sampling: _Optional[_Union[Sampling, str]] = ..., ready: _Optional[bool] = ..., odometer_km: _Optional[float] = ..., form: _Optional[_Union[Form, str]] = ..., signals: _Optional[bytes] = ..., block: _Optional[bytes] = ...) -> None: ...
