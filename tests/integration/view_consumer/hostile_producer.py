"""Sends what no client of ours would: headers whose names are no text.

librdkafka itself takes any bytes; its Python interface, which is in the same package, takes texts alone.
"""

import ctypes
from collections.abc import Sequence
from pathlib import Path

import confluent_kafka

_PRODUCER = 0
_TOPIC, _VALUE, _KEY, _FLAGS, _HEADER = 1, 4, 5, 7, 9
_COPY = 2
_MILLISECONDS = 30_000


class _Bytes(ctypes.Structure):
    _fields_ = (("pointer", ctypes.c_char_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("size", ctypes.c_ssize_t))


class _Of(ctypes.Union):
    _fields_ = (
        ("text", ctypes.c_char_p),
        ("number", ctypes.c_int),
        ("bytes", _Bytes),
        ("header", _Header),
        ("room", ctypes.c_char * 64),
    )


class _Argument(ctypes.Structure):
    """rd_kafka_vu_t."""

    _fields_ = (("kind", ctypes.c_int), ("of", _Of))


def send(servers: str, topic: str, messages: Sequence[tuple[bytes, bytes, Sequence[tuple[bytes, bytes]]]]) -> None:
    """Sends (key, value, headers), and waits until all are acknowledged."""
    library = _library()
    problem = ctypes.create_string_buffer(512)
    configuration = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(configuration, b"bootstrap.servers", servers.encode(), problem, 512)
    producer = library.rd_kafka_new(_PRODUCER, configuration, problem, 512)
    assert producer, problem.value
    try:
        for key, value, headers in messages:
            arguments = [
                _Argument(_TOPIC, _Of(text=topic.encode())),
                _Argument(_KEY, _Of(bytes=_Bytes(key, len(key)))),
                _Argument(_VALUE, _Of(bytes=_Bytes(value, len(value)))),
                # It copies what it is given before it answers.
                _Argument(_FLAGS, _Of(number=_COPY)),
                *(_Argument(_HEADER, _Of(header=_Header(name, text, len(text)))) for name, text in headers),
            ]
            packed = (_Argument * len(arguments))(*arguments)
            assert library.rd_kafka_produceva(producer, packed, len(packed)) is None
        assert library.rd_kafka_flush(producer, _MILLISECONDS) == 0
    finally:
        library.rd_kafka_destroy(producer)


def _library() -> ctypes.CDLL:
    (found,) = Path(confluent_kafka.__file__).parent.parent.glob("confluent_kafka.libs/librdkafka-*.so*")
    library = ctypes.CDLL(str(found))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_produceva"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    text, size = ctypes.c_char_p, ctypes.c_size_t
    library.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, text, text, text, size]
    library.rd_kafka_produceva.argtypes = [ctypes.c_void_p, ctypes.c_void_p, size]
    library.rd_kafka_flush.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    return library
