"""Reading a topic as a member of a consumer group, whose offsets Kafka keeps."""

from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from vitrine.settings import KafkaSettings
from vitrine.streaming.reading import TopicReader

# The partitions of a consumer that was killed are taken over after this time.
SESSION_TIMEOUT_MS = 10_000


class GroupReader(TopicReader):
    """A member of a consumer group, which shares the partitions out.

    Offsets are committed for what is done, never before. After a crash, or when partitions move to another member,
    messages come again from the last committed offset: at least once.
    """

    def __init__(
        self, settings: KafkaSettings, *, topic: str, group: str, instance: str = "", server: str = "Kafka"
    ) -> None:
        """With `instance`, a name that no other member has at the same time, whoever comes back by it within the
        session timeout has its partitions at once, and until then nobody has them. `server` is that of TopicReader.
        """
        # The next offset to read, for each partition that is ours.
        self._done: dict[int, int] = {}
        self._commit_failed = False
        super().__init__(
            settings,
            topic,
            {
                "group.id": group,
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": SESSION_TIMEOUT_MS,
                # A topic that is created after the subscription is found within this time.
                "topic.metadata.refresh.interval.ms": 5000,
                "on_commit": self._on_commit,
                **({"group.instance.id": instance} if instance else {}),
            },
            server=server,
        )
        self._client.subscribe([topic], on_revoke=self._on_revoke, on_lost=self._on_revoke)

    def done(self, messages: list[Message]) -> None:
        """Commits the offsets after these messages; does not wait for the broker.

        Partitions that have moved to another member are left to that member.
        """
        ours = {each.partition for each in self._client.assignment()}
        for message in reversed(messages):
            if not ours:
                break
            if (partition := message.partition()) in ours:
                ours.remove(partition)
                self._done[partition] = (message.offset() or 0) + 1
        self._commit()

    def _next(self, partition: int, position: int) -> int:
        return self._done.get(partition, position)

    def _close(self) -> None:
        if self._done and not self._outage.is_on:
            with suppress(KafkaException):
                self._client.commit(offsets=self._offsets(), asynchronous=False)
        super()._close()

    def _while_idle(self) -> None:
        super()._while_idle()
        if self._commit_failed and not self._outage.is_on:
            self._commit_failed = False
            self._commit()

    def _commit(self) -> None:
        if not self._done:
            return
        try:
            self._client.commit(offsets=self._offsets(), asynchronous=True)
        except KafkaException:
            self._commit_failed = True

    def _offsets(self) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition, offset) for partition, offset in self._done.items()]

    def _on_commit(self, error: KafkaError | None, places: list[TopicPartition]) -> None:
        self._commit_failed = error is not None or any(each.error is not None for each in places)

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        # The client would remember that one was paused by `hold`, and read nothing of it when it comes back.
        self._client.resume(partitions)
        for partition in partitions:
            self._taken.add(partition.partition)
            self._done.pop(partition.partition, None)
