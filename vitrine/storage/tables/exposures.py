"""Who took part in which experiment, in Cassandra."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from vitrine.experiments import Exposure
from vitrine.identity import is_visitor, owner
from vitrine.storage.driver.bulk import ids
from vitrine.storage.driver.connection import BULK_PROFILE, WRITE_PROFILE, driver_errors
from vitrine.storage.driver.link import Link
from vitrine.storage.driver.reads import read
from vitrine.storage.driver.statements import insert, select
from vitrine.storage.driver.times import microseconds
from vitrine.storage.tables.identities import IdentityStore

# Longer than any experiment runs.
KEPT_SECONDS = 400 * 86_400
# Of an id in an experiment: several only where several processes wrote at the same moment.
_MOST = 20

logger = logging.getLogger(__name__)


class KeptExposure(NamedTuple):
    """When somebody took part in an experiment, and in which arm; the time is the driver's."""

    experiment: str
    arm: str
    exposed_at: datetime


class ExposureStore:
    """The table exposures. Every method but `note` raises StorageUnavailableError.

    The write time of a row is the time of the exposure, from which it is kept.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._identities = IdentityStore(link)
        columns = ("userid", "experiment", "exposed_at", "arm")
        self._insert = link.statement(insert("exposures", columns, using=("TIMESTAMP", "TTL")))
        self._of_experiment = link.statement(
            select("exposures", ("exposed_at", "arm"), where="userid = ? AND experiment = ?")
        )
        self._rows = link.statement(select("exposures", ("experiment", "arm", "exposed_at"), where="userid = ?"))
        self._userids = link.statement("SELECT DISTINCT userid FROM {keyspace}.exposures")
        self._erase = link.statement("DELETE FROM {keyspace}.exposures USING TIMESTAMP ? WHERE userid = ?")
        self._erase_later = link.statement(
            "DELETE FROM {keyspace}.exposures USING TIMESTAMP ?"
            " WHERE userid = ? AND experiment = ? AND exposed_at = ? AND arm = ?"
        )

    def of(self, userid: str, experiment: str) -> tuple[list[Exposure], bool]:
        """Where somebody took part, under their own id and as the visitors that they were; whether under their own."""
        with driver_errors():
            own = self._ask(userid, experiment)
            visitors = [] if is_visitor(userid) else self._identities.merged(userid)
            asked = [(each.visitorid, self._ask(each.visitorid, experiment)) for each in visitors]
            found = list(own)
            joined = [each for visitorid, rows in asked for each in self._owned(visitorid, userid, list(rows))]
        return [*found, *joined], bool(found)

    def note(self, userid: str, experiment: str, arm: str, *, now: float) -> None:
        """Writes that somebody took part; returns at once, and raises nothing.

        What is lost while Cassandra is away is written by their next answer. `now` is Unix seconds.
        """
        milliseconds = round(now * 1000)
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
        values = (userid, experiment, moment, arm, milliseconds * 1000, KEPT_SECONDS)
        try:
            with driver_errors():
                session = self._link.session
                future = session.execute_async(self._insert.prepared, values, execution_profile=WRITE_PROFILE)
                future.add_errback(_lost)
        except Exception as error:  # noqa: BLE001 - nobody's answer fails with it
            _lost(error)

    def kept(self, userid: str) -> list[KeptExposure]:
        """All that there is of an id."""
        with driver_errors():
            rows = self._link.session.execute(self._rows.prepared, (userid,), execution_profile=BULK_PROFILE)
            return [KeptExposure(*row) for row in rows]

    def userids(self) -> Iterator[str]:
        """Everybody who took part in anything."""
        return ids(self._link, self._userids)

    def erase(self, userid: str, *, until: int, also_later: bool) -> int:
        """Forgets where somebody took part up to `until` (Unix milliseconds), or, `also_later`, at all.

        Returns in how many experiments that was. Doing it again changes nothing.
        """
        moment = datetime.fromtimestamp(until / 1000, UTC).replace(tzinfo=None)
        gone = [each for each in self.kept(userid) if also_later or each.exposed_at <= moment]
        with driver_errors():
            session = self._link.session
            session.execute(self._erase.prepared, (until * 1000, userid), execution_profile=BULK_PROFILE)
            for each in gone:
                if each.exposed_at > moment:
                    key = (userid, each.experiment, each.exposed_at, each.arm)
                    values = (microseconds(each.exposed_at), *key)
                    session.execute(self._erase_later.prepared, values, execution_profile=BULK_PROFILE)
        return len({each.experiment for each in gone})

    def _ask(self, userid: str, experiment: str) -> Iterator[Exposure]:
        """Asks at once."""
        rows = read(self._link, self._of_experiment, (userid.encode(), experiment.encode()), first_page_rows=_MOST)
        return (Exposure(*row) for row in islice(rows, _MOST))

    def _owned(self, visitorid: str, userid: str, exposures: list[Exposure]) -> list[Exposure]:
        """Those of a visitor that are this customer's, and not another's who used the same computer."""
        if not exposures:
            return []
        identifications = self._identities.identifications(visitorid)
        return [each for each in exposures if owner(identifications, each.at) == userid]


def _lost(error: BaseException) -> None:
    logger.warning("an exposure could not be noted; the next answer tries again: %s", error)
