"""Says which key pairs of the shop sign user tokens, and ends the tokens of a person."""

import sys
from argparse import ArgumentParser, FileType
from typing import Any

from django.core.management import BaseCommand

from api.access import actions
from api.access.commands import refusals, table
from api.access.models import Signer


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        add = commands.add_parser("add", help="tokens with this kid are checked with this public key from now on")
        add.add_argument("kid", help="the name of the key pair, such as shop-2026")
        add.add_argument("file", type=FileType(), help="the public key in PEM form; - is standard input")
        commands.add_parser("list", help="prints the names of the key pairs")
        remove = commands.add_parser("remove", help="tokens with this kid are refused from now on")
        remove.add_argument("kid")
        revoke = commands.add_parser("revoke", help="a person's tokens that were signed up to now no longer count")
        revoke.add_argument("person")

    def handle(self, *, command: str, **options: Any) -> None:  # noqa: ANN401 - Django's options
        with refusals():
            getattr(self, f"_{command}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        file = options["file"]
        try:
            text = file.read(10_000)
        finally:
            if file is not sys.stdin:
                file.close()
        actions.add_signer(kid=options["kid"], public_key=text)
        self.stdout.write(f"tokens with the kid {options['kid']} count")

    def _list(self, _options: dict[str, Any]) -> None:
        self.stdout.write(table(("kid", "added"), ((each.kid, each.created_at) for each in Signer.objects.all())))

    def _remove(self, options: dict[str, Any]) -> None:
        Signer.objects.get(kid=options["kid"]).delete()
        self.stdout.write(f"tokens with the kid {options['kid']} no longer count")

    def _revoke(self, options: dict[str, Any]) -> None:
        revocation = actions.revoke_tokens(options["person"])
        moment = revocation.revoked_at
        self.stdout.write(f"tokens of {revocation.person} that were signed up to {moment:%F %T} UTC no longer count")
