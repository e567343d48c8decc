"""The steps that Airflow runs, one function a task; `python -m vitrine.pipelines` runs them from a shell."""
