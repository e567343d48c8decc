"""`python -m local_stack up | down | status | clean | lock-jars`.

Exit status: 0 done (status: everything runs), 1 it could not be done, 3 status: not everything runs.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from local_stack import airflow
from local_stack.processes import ADMIN_PASSWORD, admin_url, api_url, sample_user, shop_url
from local_stack.stack import LocalStack, ProcessStatus
from vitrine.errors import VitrineError
from vitrine.settings import AdminSettings, AirflowSettings, StackSettings, load

NOT_ALL_RUNNING = 3


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (VitrineError, OSError) as error:  # a data folder that may not be written, for one
        print(f"local_stack: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    if options.command == "lock-jars":
        from local_stack.lock_jars import lock_jars

        print(f"Locked {lock_jars()} jars.")
        return 0
    stack = LocalStack(load(StackSettings), say=_say)
    if options.command == "up":
        return _up(stack)
    if options.command == "status":
        return _status(stack, as_json=options.json)
    return _end(stack, clean=options.command == "clean")


def _up(stack: LocalStack) -> int:
    began = time.monotonic()
    was_up = stack.is_up()
    stack.up()
    samples = stack.settings.stack_sample_view_rate > 0
    healthy = f"All is healthy{', sample views flow in' if samples else ''}, after {time.monotonic() - began:.0f} s."
    print("The stack is up already." if was_up else healthy)
    print(f"\nShop: {shop_url(stack.settings)}")
    print(f"\n{_table(stack.status())}\n\nLogs: {stack.settings.stack_data_folder / 'logs'}")
    if stack.settings.stack_airflow:
        print(f"Airflow: {airflow.url(stack.settings)}, login {load(AirflowSettings).airflow_username}")
    print(f"Admin: {admin_url(stack.settings)}, login {_admin_login()}")
    user = sample_user(stack.settings) if samples else "user-1"
    path = f"{api_url(stack.settings)}user_nav_history_latest_products/"
    print(f"\nTry it:\n  curl -H 'user-id: {user}' {path}")
    return 0


def _admin_login() -> str:
    """The password is shown where it is the one that everybody knows."""
    given = load(AdminSettings)
    return given.admin_username if given.admin_password else f"{given.admin_username}, password {ADMIN_PASSWORD}"


def _status(stack: LocalStack, *, as_json: bool) -> int:
    found = stack.status()
    print(json.dumps([asdict(each) for each in found], indent=2) if as_json else _table(found))
    return 0 if all(each.state == "RUNNING" for each in found) else NOT_ALL_RUNNING


def _end(stack: LocalStack, *, clean: bool) -> int:
    began = time.monotonic()
    folder = stack.settings.stack_data_folder
    if clean:
        stack.clean()
        print(f"The stack is down and its data is removed from {folder}.")
    else:
        stack.down()
        print(f"The stack is down after {time.monotonic() - began:.0f} s; its data stays in {folder}.")
    return 0


def _say(line: str) -> None:
    # One write: several threads say at once what has become healthy.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _table(rows: Sequence[ProcessStatus]) -> str:
    return "\n".join(f"{row.name:21} {row.state:9} {row.url or '-'}" for row in rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m local_stack",
        description="Real Kafka, Cassandra, Postgres and Airflow, and our processes, without Docker.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser(
        "up",
        help="start everything; return when it is healthy, sample views flow in and sample orders are carried over",
    )
    commands.add_parser("down", help="stop everything; the data stays")
    status = commands.add_parser("status", help="name every process, its state and its address")
    status.add_argument("--json", action="store_true", help="a list of {name, state, url}")
    commands.add_parser("clean", help="stop everything and remove the data")
    commands.add_parser("lock-jars", help="write jars.lock again, after a version was changed")
    return parser


if __name__ == "__main__":
    # A terminal that closes, or `timeout`, stops what was being started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
