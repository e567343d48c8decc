"""What can be done with keys and user tokens. The commands, the admin and the API call these."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from api.access import keys
from api.access.models import Key, Revocation, Signer
from api.access.scopes import BROWSER_SCOPES, Scope
from vitrine import events

# How long a key that was replaced stays valid, unless another time is asked for.
OVERLAP = timedelta(days=7)


def make_key(key: Key) -> str:
    """Saves a new key and returns its text, which is nowhere else. Raises ValidationError: what is wrong with what."""
    check_key(key)
    text, key.digest, key.ending = keys.new_key(key.kind)
    key.save(force_insert=True)
    return text


def check_key(key: Key) -> None:
    """Raises ValidationError unless the key's columns fit together."""
    key.full_clean(exclude=["digest", "ending"])
    errors: dict[str, str] = {}
    if unknown := sorted(set(key.scopes) - set(Scope)):
        errors["scopes"] = f"There is no scope {', '.join(unknown)}. There are {', '.join(Scope)}."
    elif key.kind == Key.Kind.BROWSER and (beyond := sorted(set(key.scopes) - BROWSER_SCOPES)):
        errors["scopes"] = f"A browser's key can be read by anybody and cannot have {', '.join(beyond)}."
    if key.kind == Key.Kind.SERVER and key.origins:
        errors["origins"] = "Only a browser's key has origins: a server sends none."
    if key.expires_at is not None and key.expires_at <= timezone.now():
        errors["expires_at"] = "This is past."
    if errors:
        raise ValidationError(errors)


def rotate_key(key: Key, *, overlap: timedelta = OVERLAP) -> tuple[Key, str]:
    """A new key that may do the same, and its text. The old one stays valid for `overlap`, or until it expires.

    Raises ValidationError for a key that is no longer valid.
    """
    with transaction.atomic():
        # Two rotations at once would both replace the same key.
        held = Key.objects.select_for_update().get(pk=key.pk)
        now = timezone.now()
        if not _is_valid(held, now):
            raise ValidationError("This key is revoked or expired: make a new one.")
        new = Key(
            name=held.name,
            kind=held.kind,
            scopes=held.scopes,
            origins=held.origins,
            requests_per_minute=held.requests_per_minute,
        )
        text = make_key(new)
        end = now + overlap
        held.expires_at = end if held.expires_at is None else min(end, held.expires_at)
        held.save(update_fields=["expires_at"])
    return new, text


def revoke_keys(chosen: QuerySet[Key]) -> int:
    """Ends keys now, for good; returns how many were not revoked before."""
    return chosen.filter(revoked_at=None).update(revoked_at=timezone.now())


def valid_keys() -> QuerySet[Key]:
    """Keys that are neither revoked nor expired."""
    now = timezone.now()
    return Key.objects.filter(revoked_at=None).exclude(expires_at__lte=now)


def add_signer(*, kid: str, public_key: str) -> Signer:
    """From now on, tokens with this `kid` are checked with this key. Raises ValidationError."""
    signer = Signer(kid=kid, public_key=public_key)
    signer.full_clean()
    signer.save(force_insert=True)
    return signer


def revoke_tokens(person: str, *, now: datetime | None = None) -> Revocation:
    """From now on, no user token of this person counts that was signed up to now. Raises ValidationError."""
    if not events.is_id(person):
        raise ValidationError(f"A person's id has {events.ID_RULE}.")
    moment = now or timezone.now()
    revocation, _ = Revocation.objects.update_or_create(person=person, defaults={"revoked_at": moment})
    return revocation


def _is_valid(key: Key, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
