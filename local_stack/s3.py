"""An S3 server: S3Proxy, which keeps each bucket in a folder."""

from http import HTTPStatus
from pathlib import Path

import requests

from local_stack import jars, java
from local_stack.programs import Program
from vitrine.settings import StackSettings

# Multipart uploads of 60 MB need more than 96.
HEAP_MB = 320
BUCKET = "lake"
# Whoever reaches 127.0.0.1 on this machine may read and write; this is a local stack.
ACCESS_KEY, SECRET_KEY = "vitrine", "vitrine-local"


def s3(settings: StackSettings) -> Program:
    """The server, with one bucket, `lake`; healthy when it answers."""
    folder = settings.stack_data_folder / "s3proxy"
    command = java.command(
        HEAP_MB,
        jars.files(settings.stack_jars_folder, "s3proxy"),
        "org.gaul.s3proxy.Main",
        f"-Dlogback.configurationFile={java.CONF_FOLDER / 's3proxy-logback.xml'}",
    )
    return Program(
        name="s3proxy",
        command=(*command, "--properties", str(folder / "s3proxy.properties")),
        url=_url(settings),
        is_healthy=lambda _: _answers(settings),
        prepare=lambda: _prepare(settings, folder),
    )


def s3_environment(settings: StackSettings) -> dict[str, str]:
    """The variables with which the lake is in the bucket."""
    return {
        "VITRINE_LAKE": f"s3://{BUCKET}",
        "VITRINE_S3_ENDPOINT": _url(settings),
        "VITRINE_S3_ACCESS_KEY": ACCESS_KEY,
        "VITRINE_S3_SECRET_KEY": SECRET_KEY,
    }


def _url(settings: StackSettings) -> str:
    return f"http://127.0.0.1:{settings.stack_s3_port}"


def _prepare(settings: StackSettings, folder: Path) -> None:
    (folder / "buckets" / BUCKET).mkdir(parents=True, exist_ok=True)
    java.write_configuration(
        "s3proxy.properties",
        folder / "s3proxy.properties",
        port=settings.stack_s3_port,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        folder=str((folder / "buckets").absolute()),
    )


def _answers(settings: StackSettings) -> bool:
    try:
        # Without a key it refuses, which shows that it is there.
        return requests.get(_url(settings), timeout=2).status_code == HTTPStatus.FORBIDDEN
    except requests.RequestException:
        return False
