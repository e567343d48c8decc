"""Makes, lists, rotates and revokes keys of the API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from api.access import actions
from api.access.commands import refusals, table
from api.access.models import Key
from api.access.scopes import BROWSER_SCOPES, Scope


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        make = commands.add_parser("make", help="prints a new key, once")
        make.add_argument("name", help="what uses it, such as shop-server")
        make.add_argument("--kind", choices=["server", "browser"], required=True)
        make.add_argument(
            "--scopes",
            nargs="+",
            choices=list(Scope),
            metavar="SCOPE",
            help=f"{', '.join(Scope)}; a browser's key has {', '.join(sorted(BROWSER_SCOPES))} unless fewer are named",
        )
        make.add_argument("--origins", nargs="+", default=[], metavar="ORIGIN", help="whose pages may use it")
        make.add_argument("--days", type=float, help="until it expires; without it, it does not")
        make.add_argument("--requests-per-minute", type=int, help="instead of the limit in the settings")
        listing = commands.add_parser("list", help="prints all keys, without what would open anything")
        listing.add_argument("--all", action="store_true", help="revoked and expired ones too")
        rotate = commands.add_parser("rotate", help="prints a new key that may do what the old one may")
        rotate.add_argument("id", type=int)
        rotate.add_argument("--days", type=float, default=actions.OVERLAP.days, help="that the old one stays valid")
        revoke = commands.add_parser("revoke", help="ends keys now")
        revoke.add_argument("ids", type=int, nargs="+", metavar="id")

    def handle(self, *, command: str, **options: Any) -> None:  # noqa: ANN401 - Django's options
        with refusals():
            getattr(self, f"_{command}")(options)

    def _make(self, options: dict[str, Any]) -> None:
        is_browser = options["kind"] == "browser"
        key = Key(
            name=options["name"],
            kind=Key.Kind.BROWSER if is_browser else Key.Kind.SERVER,
            scopes=options["scopes"] or (sorted(BROWSER_SCOPES) if is_browser else []),
            origins=options["origins"],
            expires_at=_in(options["days"]),
            requests_per_minute=options["requests_per_minute"],
        )
        text = actions.make_key(key)
        self.stderr.write(f"Key {key.pk} for {key.name}: {', '.join(key.scopes)}. It is not shown again.")
        self.stdout.write(text)

    def _list(self, options: dict[str, Any]) -> None:
        keys = Key.objects.all() if options["all"] else actions.valid_keys()
        rows = (
            (key.pk, key, " ".join(key.scopes), " ".join(key.origins), key.expires_at, key.revoked_at, key.last_used_at)
            for key in keys
        )
        headings = ("id", "key", "scopes", "origins", "expires", "revoked", "last used")
        self.stdout.write(table(headings, rows))

    def _rotate(self, options: dict[str, Any]) -> None:
        old = Key.objects.get(pk=options["id"])
        key, text = actions.rotate_key(old, overlap=timedelta(days=options["days"]))
        old.refresh_from_db()
        self.stderr.write(f"Key {key.pk} takes the place of {old.pk}, which is valid until {old.expires_at:%F %T} UTC.")
        self.stdout.write(text)

    def _revoke(self, options: dict[str, Any]) -> None:
        ids = options["ids"]
        for each in ids:
            Key.objects.get(pk=each)
        count = actions.revoke_keys(Key.objects.filter(pk__in=ids))
        self.stdout.write(f"{count} revoked, {len(set(ids)) - count} were revoked before")


def _in(days: float | None) -> Any:  # noqa: ANN401 - a moment or None
    return None if days is None else timezone.now() + timedelta(days=days)
