"""Keys, the public halves of the shop's key pairs, and whose user tokens no longer count.

A trigger (migrations/0001_access.py) tells every process of the API of a change when it is committed, whoever made it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from api.access import validators


class Key(models.Model):
    """A key as it is kept: its digest, never the key itself."""

    class Kind(models.TextChoices):
        BROWSER = "pub", "browser (vt_pub_…)"
        SERVER = "sec", "server (vt_sec_…)"

    name = models.CharField(max_length=100, validators=validators.NAME)
    kind = models.CharField(max_length=3, choices=Kind)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    # The last characters, by which people recognise a key.
    ending = models.CharField(max_length=4, editable=False)
    scopes = ArrayField(models.CharField(max_length=32))
    # Whose pages may use it; empty: those of VITRINE_CORS_ALLOWED_ORIGINS.
    origins = ArrayField(models.CharField(max_length=300, validators=validators.ORIGIN), default=list, blank=True)
    # Instead of the limit in the settings.
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=validators.REQUESTS_PER_MINUTE)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    # To within ten seconds or so: no request writes to Postgres.
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "access_keys"
        ordering = ("name", "-created_at")

    def __str__(self) -> str:
        return f"{self.name} (vt_{self.kind}_…{self.ending})"


class Signer(models.Model):
    """The public half of a key pair with which the shop's server signs user tokens."""

    kid = models.CharField("name (kid)", max_length=100, primary_key=True, validators=validators.KID)
    public_key = models.TextField("public key (PEM)", validators=validators.PUBLIC_KEY)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "access_signers"
        ordering = ("kid",)

    def __str__(self) -> str:
        return self.kid


class Revocation(models.Model):
    """User tokens of a person that were signed up to a moment no longer count."""

    person = models.CharField(max_length=128, primary_key=True, validators=validators.PERSON)
    revoked_at = models.DateTimeField()

    class Meta:
        db_table = "access_revocations"
        ordering = ("-revoked_at",)

    def __str__(self) -> str:
        return self.person
