"""What the forms of the admin, the commands and the API accept, in one place."""

from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator

from vitrine import events
from vitrine.settings import ORIGIN_PATTERN


def parse_public_key(pem: str) -> EllipticCurvePublicKey:
    """The key of a PEM text. Raises ValidationError unless it is the public half of a P-256 pair (ES256)."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValidationError("This is not a public key in PEM form (-----BEGIN PUBLIC KEY-----).") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValidationError("The key must be of the curve P-256 (prime256v1), as ES256 asks.")
    return key


def is_p256(pem: str) -> None:
    parse_public_key(pem)


NAME = [RegexValidator(r"\A[^\x00-\x1f\x7f]+\Z", "A name has no control characters.")]
KID = [RegexValidator(r"\A[A-Za-z0-9._-]{1,100}\Z", "1 to 100 characters of A-Z a-z 0-9 . _ -")]
ORIGIN = [RegexValidator(rf"\A{ORIGIN_PATTERN}\Z", "An origin is scheme and host, such as https://www.shop.example")]
PERSON = [RegexValidator(rf"\A(?:{events.ID_PATTERN.strip('^$')})\Z", events.ID_RULE)]
PUBLIC_KEY: list[Callable[[str], None]] = [MaxLengthValidator(2_000), is_p256]
REQUESTS_PER_MINUTE = [MinValueValidator(1), MaxValueValidator(100_000_000)]
