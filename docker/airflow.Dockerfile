# Airflow's four processes, its tables and its login, with the DAGs and the environment in which those of the analytics
# side run.
# The stages base, uv and project are the same for every process, and so are built once for all of them.
FROM python:3.11-slim AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --user-group --create-home vitrine
WORKDIR /app

FROM base AS uv
ENV UV_LINK_MODE=copy UV_NO_PROGRESS=1 VIRTUAL_ENV=/opt/venv
COPY requirements/dev.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-deps --root-user-action=ignore --constraint requirements/dev.txt uv && uv venv --quiet /opt/venv

FROM uv AS project
COPY LICENSE README.md pyproject.toml ./
COPY api api
COPY local_stack local_stack
COPY services services
COPY storefront storefront
COPY test_data_generator test_data_generator
COPY vitrine vitrine
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --no-deps --build-constraints requirements/dev.txt --compile-bytecode --target /project .

FROM uv AS packages
COPY requirements/airflow.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync --require-hashes --compile-bytecode requirements/airflow.txt

# Where dags/defaults.py looks for it: an environment of its own, as dbt wants older packages than Airflow.
FROM uv AS analytics
ENV VIRTUAL_ENV=/app/.analytics
COPY requirements/analytics.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet /app/.analytics && uv pip sync --require-hashes --compile-bytecode requirements/analytics.txt

# With the test tools; the working copy is mounted at /workspace.
FROM uv AS dev
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends git libgomp1 make && rm -rf /var/lib/apt/lists/*
COPY requirements/airflow.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv uv pip sync --require-hashes requirements/airflow.txt requirements/dev.txt
COPY --from=analytics /app/.analytics /app/.analytics
COPY --from=project /project /app
# A volume in the working copy begins with these links, and hides what the machine has there.
RUN mkdir --parents /workspace/.analytics && ln --symbolic /app/.analytics/* /workspace/.analytics/
ENV PYTHONPATH=/workspace:/app
ENV AIRFLOW_HOME=/opt/airflow
COPY docker/airflow/airflow.cfg /opt/airflow/
COPY docker/answers.py docker/airflow/prepare.py /usr/local/bin/
COPY dags /opt/airflow/dags
RUN install --directory --owner=vitrine /opt/airflow/logs /var/lib/vitrine/analytics /var/lib/vitrine/analytics/csv
WORKDIR /workspace
USER 10001
CMD ["airflow", "version"]

FROM base
# LightGBM wants it.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/venv /opt/venv
COPY --from=analytics /app/.analytics /app/.analytics
COPY --from=project /project /app
COPY warehouse /app/warehouse
ENV AIRFLOW_HOME=/opt/airflow
COPY docker/airflow/airflow.cfg /opt/airflow/
COPY docker/answers.py docker/airflow/prepare.py /usr/local/bin/
COPY dags /opt/airflow/dags
RUN install --directory --owner=vitrine /opt/airflow/logs /var/lib/vitrine/analytics /var/lib/vitrine/analytics/csv
EXPOSE 8080
USER 10001
CMD ["airflow", "version"]
