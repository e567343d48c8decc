"""Airflow: its four processes, its configuration and secrets, its tables and its login."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path
from string import Template

import requests
from psycopg2 import sql

from local_stack import airflow_environment, postgres
from local_stack.airflow_api import AirflowApi
from local_stack.java import CONF_FOLDER
from local_stack.programs import Program, inherited_environment
from vitrine.errors import StackError
from vitrine.settings import PROJECT_FOLDER, AirflowSettings, StackSettings, load

DAGS_FOLDER = PROJECT_FOLDER / "dags"
# In the order in which they hand on what they have done; then those that are not waited for.
SCHEDULED = ("orders_to_cassandra", "best_sellers")
LANDING = ("land_files", "land_shop", "land_events", "land_market")
DAGS = (
    *(*SCHEDULED, "rebuild_model", "train_ranker", "market", *LANDING, "pipeline", "experiments"),
    *("erase_person", "dead_letters", "erasures", "catalogue_feeds"),
)
SCHEDULER = "airflow-scheduler"
# Airflow writes a folder for each run and one for each day, and never removes them.
LOGS_KEPT_SECONDS = 14 * 24 * 3600


def programs(settings: StackSettings) -> tuple[Program, ...]:
    """The four processes; healthy when Airflow's own health page says so of each."""
    # Task logs are read from the disk that all four share, so no process has to serve them.
    return (
        _program(settings, "api-server", "metadatabase", url=url(settings)),
        _program(settings, "dag-processor", "dag_processor"),
        _program(settings, "triggerer", "triggerer", "--skip-serve-logs"),
        # It lets running tasks end; those that do not in time start again once the scheduler is back.
        _program(settings, "scheduler", "scheduler", "--skip-serve-logs"),
    )


def url(settings: StackSettings) -> str:
    """Where the UI is."""
    return f"http://localhost:{settings.stack_airflow_port}"


def api(settings: StackSettings) -> AirflowApi:
    """The REST API with the login of the settings."""
    login = load(AirflowSettings)
    address = f"http://127.0.0.1:{settings.stack_airflow_port}"
    return AirflowApi(address, login.airflow_username, login.airflow_password.get_secret_value())


def have_succeeded(connected: AirflowApi) -> bool:
    """Whether each of the DAGs that run by themselves has succeeded at least once; False while Airflow is silent."""
    try:
        return all(_has_succeeded(connected, dag) for dag in SCHEDULED)
    except StackError:
        # A new API server is slow to log anybody in; whoever waits asks again.
        return False


def environment(settings: StackSettings) -> dict[str, str]:
    """How a program of Airflow finds its configuration."""
    # Airflow's processes rename themselves, and overwrite their environment, by which the supervisor knows its own.
    return {"AIRFLOW_HOME": str(home(settings)), "SPT_NOENV": "1"}


def prepare(settings: StackSettings) -> None:
    """Writes the configuration, brings Airflow's tables and login up to date; Postgres has to run.

    Tables and login are left alone when neither the locked packages nor the login have changed; the database
    itself remembers for which ones it was prepared.
    """
    login = load(AirflowSettings)
    kept = secrets_of(settings)
    _write_configuration(settings, login.airflow_database, kept)
    _remove_old_logs(home(settings) / "logs")
    port, database = settings.stack_postgres_port, login.airflow_database
    postgres.create_database(port, database)
    before, wanted = _prepared_for(port, database), _wanted(login, kept["secret_key"])
    if before != wanted:
        _airflow(settings, "db", "migrate")
        _set_login(settings, login, before.get("username"))
        _remember(port, database, wanted)


def _has_succeeded(connected: AirflowApi, dag: str) -> bool:
    # A DAG that Airflow has not read yet is not known to it.
    if not connected.get("dags", dag_id_pattern=dag)["total_entries"]:
        return False
    return bool(connected.get(f"dags/{dag}/dagRuns", state="success", limit=1)["total_entries"])


def _program(settings: StackSettings, name: str, component: str, *options: str, url: str = "") -> Program:
    return Program(
        name=f"airflow-{name}",
        command=(str(airflow_environment.PYTHON), "-m", "local_stack.together", "airflow", name, *options),
        url=url,
        is_healthy=lambda _: _is_healthy(settings, component),
        # Only the scheduler has work to end; the others hold nothing, and the API server cleans up for seconds.
        stop_within_seconds=15 if name == "scheduler" else 5,
    )


def _is_healthy(settings: StackSettings, component: str) -> bool:
    page = f"http://127.0.0.1:{settings.stack_airflow_port}/api/v2/monitor/health"
    try:
        answer = requests.get(page, timeout=2)
        return bool(answer.ok and answer.json()[component]["status"] == "healthy")
    except requests.RequestException:
        return False


def home(settings: StackSettings) -> Path:
    """The folder of its configuration, secrets and logs."""
    return settings.stack_data_folder / "airflow"


def secrets_of(settings: StackSettings) -> dict[str, str]:
    """Made at random for each data folder; they stay the same from then on."""
    file = home(settings) / "secrets.json"
    if not file.exists():
        made = {name: secrets.token_urlsafe(48) for name in ("secret_key", "jwt_secret")}
        made["fernet_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        _write_privately(file, json.dumps(made))
    found: dict[str, str] = json.loads(file.read_text())
    return found


def _write_configuration(settings: StackSettings, database: str, kept: dict[str, str]) -> None:
    values = {
        "dags_folder": DAGS_FOLDER,
        "plugins_folder": DAGS_FOLDER / "plugins",
        "log_folder": home(settings) / "logs",
        "user": postgres.SUPERUSER,
        "postgres_port": settings.stack_postgres_port,
        "database": database,
        "port": settings.stack_airflow_port,
        "url": f"http://localhost:{settings.stack_airflow_port}",
        **kept,
    }
    # A percent sign has a meaning in this file.
    quoted = {name: str(value).replace("%", "%%") for name, value in values.items()}
    template = Template((CONF_FOLDER / "airflow.cfg").read_text())
    _write_privately(home(settings) / "airflow.cfg", template.substitute(quoted))


def _write_privately(file: Path, text: str) -> None:
    """Writes what nobody else may read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"part-{file.name}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    part.replace(file)


def _remove_old_logs(folder: Path) -> None:
    oldest = time.time() - LOGS_KEPT_SECONDS
    for old in [*folder.glob("dag_id=*/run_id=*"), *folder.glob("dag_processor/2*")]:
        if old.stat().st_mtime < oldest:
            shutil.rmtree(old)


def _wanted(login: AirflowSettings, key: str) -> dict[str, str]:
    password = login.airflow_password.get_secret_value().encode()
    return {
        "packages": airflow_environment.lock_digest(),
        "username": login.airflow_username,
        "password": hmac.new(key.encode(), password, hashlib.sha256).hexdigest(),
    }


def _prepared_for(port: int, database: str) -> dict[str, str]:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with closing(postgres.connect(port, database)) as connection, connection.cursor() as cursor:
        cursor.execute(query, (database,))
        (comment,) = cursor.fetchone() or (None,)
    found: dict[str, str] = json.loads(comment or "{}")
    return found


def _remember(port: int, database: str, prepared_for: dict[str, str]) -> None:
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(database), sql.Literal(json.dumps(prepared_for))
    )
    with closing(postgres.connect(port, database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _set_login(settings: StackSettings, login: AirflowSettings, before: str | None) -> None:
    """Makes the one user of the UI, an administrator; the one before, if it had another name, is removed."""
    name = login.airflow_username
    # Typed in, and once more to be sure: the arguments of a process can be seen by every user of the machine.
    typed = f"{login.airflow_password.get_secret_value()}\n" * 2
    if name == before:
        _airflow(settings, "users", "reset-password", "--username", name, typed=typed)
        return
    person = ("--firstname", name, "--lastname", "Vitrine", "--email", f"{name}@localhost")
    _airflow(settings, "users", "create", "--role", "Admin", "--username", name, *person, typed=typed)
    if before:
        _airflow(settings, "users", "delete", "--username", before)


def _airflow(settings: StackSettings, *arguments: str, typed: str = "") -> None:
    done = subprocess.run(
        (str(airflow_environment.PYTHON), "-m", "airflow", *arguments),
        env={**inherited_environment(), **environment(settings)},
        input=typed,
        start_new_session=True,  # without a terminal, from which it would read the password
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise StackError(f"`airflow {' '.join(arguments[:2])}` failed (exit status {done.returncode}):\n{last}")
