"""The dbt project of the warehouse, and what its commands say."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from vitrine.dbt import dbt_command, dbt_environment
from vitrine.errors import WarehouseError
from vitrine.settings import PROJECT_FOLDER, WarehouseSettings

PROJECT = PROJECT_FOLDER / "warehouse"
# dbt's: some nodes failed, and run_results.json says which.
_SOME_FAILED = 1


class Dbt:
    """The project over one warehouse file and one lake. What dbt writes lies in a folder beside the warehouse file."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self.folder = self.folder_of(settings.warehouse_file)

    @staticmethod
    def folder_of(warehouse_file: Path) -> Path:
        return warehouse_file.with_name(f"{warehouse_file.name}.dbt")

    def run(self, command: str, *arguments: str) -> list[dict[str, Any]]:
        """The results of a dbt command, one a node; what dbt says goes to standard error.

        Raises WarehouseError where the command could not run at all, or a model failed.
        """
        self._settings.warehouse_file.parent.mkdir(parents=True, exist_ok=True)
        results = self.folder / "run_results.json"
        results.unlink(missing_ok=True)
        done = subprocess.run(
            dbt_command(PROJECT, self.folder, command, *arguments, "--target", self._target),
            env=dbt_environment(self._environment()),
            stdout=sys.stderr.fileno() if _has_descriptor() else None,
            check=False,
        )
        if command == "parse" and done.returncode == 0:
            return []
        if done.returncode not in {0, _SOME_FAILED} or not results.exists():
            raise WarehouseError(f"dbt {command} could not run: it says why above")
        found: list[dict[str, Any]] = msgspec.json.decode(results.read_bytes())["results"]
        broken = [result for result in found if result["status"] == "error" and _is_built(result)]
        if broken:
            raise WarehouseError(f"dbt {command}: {'; '.join(_sentence(result) for result in broken)}")
        return found

    def manifest(self) -> dict[str, Any]:
        """What dbt knows of the project, as of the last command."""
        path = self.folder / "manifest.json"
        if not path.exists():
            raise WarehouseError(f"{path} is not there: build the marts first")
        manifest: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        return manifest

    @property
    def _target(self) -> str:
        return "duckdb_s3" if self._settings.lake.startswith("s3://") else "duckdb"

    def _environment(self) -> Mapping[str, str]:
        settings = self._settings
        secret = settings.s3_secret_key
        given = {
            "VITRINE_WAREHOUSE_FILE": str(settings.warehouse_file),
            "VITRINE_LAKE": settings.lake,
            # What fsspec takes for a file system of S3 that is told nothing else.
            "FSSPEC_S3_ENDPOINT_URL": settings.s3_endpoint,
            "FSSPEC_S3_KEY": settings.s3_access_key,
            "FSSPEC_S3_SECRET": secret.get_secret_value() if secret else None,
            "AWS_DEFAULT_REGION": settings.s3_region,
        }
        return {name: value for name, value in given.items() if value is not None}


def _has_descriptor() -> bool:
    """Standard error may be an object that a test or Airflow has put in its place."""
    try:
        sys.stderr.fileno()
    except (OSError, AttributeError):
        return False
    return True


def _is_built(result: Mapping[str, Any]) -> bool:
    return str(result["unique_id"]).partition(".")[0] in {"model", "operation"}


def _sentence(result: Mapping[str, Any]) -> str:
    return f"{str(result['unique_id']).rpartition('.')[2]}: {' '.join(str(result['message']).split())}"
