"""Normalising: dbt brings market_raw into the tables of the schema market, whose keys it finds there."""

import subprocess

from vitrine.dbt import dbt_command, dbt_environment
from vitrine.errors import MarketSourceError
from vitrine.settings import PROJECT_FOLDER, MarketSettings, WarehouseSettings, load

PROJECT = PROJECT_FOLDER / "warehouse" / "market"
_LINES = 15


def normalise(settings: MarketSettings) -> None:
    """Runs the models and their tests. What was there before stays where a model fails.

    Raises MarketSourceError, WarehouseError.
    """
    # Beside the warehouse: the project itself may not be writable.
    folder = load(WarehouseSettings).warehouse_file.with_name("dbt_market")
    done = subprocess.run(
        dbt_command(PROJECT, folder, "build", "--quiet"),
        env=dbt_environment(_environment(settings)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = " | ".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
        raise MarketSourceError(f"dbt could not normalise the market: {last}")


def _environment(settings: MarketSettings) -> dict[str, str]:
    return {
        "VITRINE_POSTGRES_HOST": settings.postgres_host,
        "VITRINE_POSTGRES_PORT": str(settings.postgres_port),
        "VITRINE_POSTGRES_USER": settings.postgres_user,
        # dbt's own word for what it never logs.
        "DBT_ENV_SECRET_PASSWORD": settings.postgres_password.get_secret_value() if settings.postgres_password else "",
        "VITRINE_SHOP_DATABASE": settings.shop_database,
        # The variables of libpq, to which the profile leaves this.
        **{f"PG{name.upper()}": value for name, value in settings.postgres_tls.items()},
    }
