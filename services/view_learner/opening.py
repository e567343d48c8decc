"""The model to go on from: one that was rebuilt, else the last checkpoint, else what is stored, learned anew."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from vitrine.errors import ModelFileError, PipelineError, UnavailableError
from vitrine.learning import Model
from vitrine.learning.checkpoints import newest_checkpoint
from vitrine.pipelines import rebuild_model
from vitrine.settings import LearnerSettings

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Raises ModelFileError where another learner runs on this folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "learner.lock").open("wb")
    except OSError as error:
        raise ModelFileError(f"{folder}: cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelFileError(f"{folder}: another learner writes here") from None
        yield


def open_model(settings: LearnerSettings, stop: Event) -> Model | None:
    """The model, ready to learn; None where it was told to stop before there was one.

    Where there is none yet, or none that can be used, it says so and rebuilds it from what is stored, for which it
    waits until Cassandra and Kafka are there. Readers keep the model that they have until then.
    """
    folder, size = settings.model_folder, rebuild_model.size_of(settings)
    if not rebuild_model.take_over(folder, size) and (reason := _why_unusable(settings)):
        logger.warning("rebuilding the model from what is stored: %s", reason)
        _rebuild(stop)
        if stop.is_set():
            return None
        rebuild_model.take_over(folder, size)
    return Model.open(folder, size, policy=rebuild_model.policy_of(settings))


def _why_unusable(settings: LearnerSettings) -> str:
    """Empty where there is a checkpoint to go on from."""
    try:
        newest = newest_checkpoint(settings.model_folder, rebuild_model.size_of(settings))
    except ModelFileError as error:
        return str(error)
    return "" if newest else f"{settings.model_folder}: there is no model yet"


def _rebuild(stop: Event) -> None:
    """Tries until it is done, or told to stop; what it waits for is said once."""
    said = ""
    while not stop.is_set():
        try:
            rebuild_model.rebuild(stop.is_set)
        except (UnavailableError, PipelineError) as error:
            if str(error) != said:
                said = str(error)
                logger.warning("the model is not rebuilt yet, trying again: %s", said)
            stop.wait(RETRY_SECONDS)
        else:
            return
