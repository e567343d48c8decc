"""How every client of Kafka finds the broker, and why it does not."""

import re
import socket
import ssl
import time
from typing import Any

from confluent_kafka import KafkaError

from vitrine.settings import KafkaSettings

# A call that says one of these does not say why.
_NO_ANSWER = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._TRANSPORT,
}
# One broker of several may go away: the client goes on with the others, and reports when none is left.
ABOUT_ONE_BROKER = {
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._RESOLVE,
    KafkaError._SSL,
    KafkaError._AUTHENTICATION,
}

# With these a broker, or its certificate, refuses or is refused: waiting alone will not help.
REFUSALS = {KafkaError._SSL, KafkaError._AUTHENTICATION}
_HANDSHAKE_SECONDS = 1.0
_FRESH_SECONDS = 60.0


def client_configuration(settings: KafkaSettings) -> dict[str, Any]:
    """Where the broker is, and how to reach it. Its own log has critical lines only: calls that fail say so."""
    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
        "log_level": 2,
    }
    if settings.kafka_username and settings.kafka_password:
        configuration["sasl.mechanism"] = settings.kafka_sasl_mechanism
        configuration["sasl.username"] = settings.kafka_username
        configuration["sasl.password"] = settings.kafka_password.get_secret_value()
    files = {
        "ssl.ca.location": settings.kafka_ca_file,
        "ssl.certificate.location": settings.kafka_certificate_file,
        "ssl.key.location": settings.kafka_key_file,
    }
    return configuration | {name: str(file) for name, file in files.items() if file}


class BrokerErrors:
    """What a client last said of a single broker, with its address: `error_cb` of its configuration is `note`.

    A call that fails says only that nobody answered; a wrong password or certificate is said here. The client hands
    its errors out while it is polled.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._last = ""
        self._noted_at = float("-inf")

    def note(self, error: KafkaError) -> None:
        if error.code() in ABOUT_ONE_BROKER:
            # How long it took differs each time; a log tells a new reason by its text.
            self._noted_at = time.monotonic()
            self._last = re.sub(r" \(after \d+ms in state \w+\)", "", error.str())

    @property
    def reason(self) -> str:
        """Why nobody answers. A broker that wants TLS closes the connection without a word."""
        if not self._is_fresh:
            protocol = self._settings.kafka_security_protocol
            return f"{self._settings.kafka_bootstrap_servers} does not answer by {protocol}"
        if "certificate verify failed" in self._last:
            return f"{self._last.partition(': broker certificate')[0]}: {_why_not_verified(self._last, self._settings)}"
        return self._last

    def explain(self, error: KafkaError) -> str:
        """A failed call's error, with the reason where it gives none itself."""
        if error.code() == KafkaError._TRANSPORT:
            return f"{error.str()}: {self.reason}"
        return self.explain_text(error.str()) if error.code() in _NO_ANSWER else error.str()

    def explain_text(self, said: str) -> str:
        """The same for a wait that ended without an error."""
        return f"{said}: {self.reason}" if self._is_fresh else said

    @property
    def _is_fresh(self) -> bool:
        """What was said long ago need not be why."""
        return time.monotonic() - self._noted_at < _FRESH_SECONDS


def _why_not_verified(said: str, settings: KafkaSettings) -> str:
    """What is wrong with the certificate that a broker shows: the client says only that something is."""
    address = re.match(r"\w+://(.+):(\d+)/", said)
    if address is None:
        return "no address"
    host, port = address[1].strip("[]"), int(address[2])
    context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    try:
        with socket.create_connection((host, port), _HANDSHAKE_SECONDS) as connection:
            context.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)
    return "it is good now"
