"""A message to whoever is to know, by mail, webhook, Slack, … as their addresses say (apprise)."""

import logging
from collections.abc import Sequence

import apprise

from vitrine.errors import SettingsError

logger = logging.getLogger(__name__)


def notify(addresses: Sequence[str], *, title: str, text: str) -> bool:
    """Sends the message to each address; whether one of them at least took it, or there is none.

    An address that does not take it is named in the log by its number: it may hold a password. Raises SettingsError
    for what is not an address.
    """
    took = [_sender(number, address).notify(title=title, body=text) for number, address in enumerate(addresses, 1)]
    for number, taken in enumerate(took, 1):
        if not taken:
            logger.warning("address %d of VITRINE_NOTIFY did not take the message %r", number, title)
    return any(took) or not took


def _sender(number: int, address: str) -> apprise.Apprise:
    sender = apprise.Apprise()
    if not sender.add(address):
        raise SettingsError(
            f"VITRINE_NOTIFY: address {number} is none that apprise knows, such as mailto:// or json://"
        )
    return sender
