# Reads the API, shows plots.
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
COPY requirements/dashboard.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync --require-hashes --compile-bytecode requirements/dashboard.txt

# With the test tools; the working copy is mounted at /workspace.
FROM uv AS dev
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends git libgomp1 make && rm -rf /var/lib/apt/lists/*
RUN --mount=type=cache,target=/root/.cache/uv uv pip sync --require-hashes requirements/dev.txt
COPY --from=project /project /app
ENV PYTHONPATH=/workspace:/app
WORKDIR /workspace
USER 10001
CMD ["python", "-m", "services.dashboard"]

FROM base
ENV VITRINE_LOG_FORMAT=json
# To print its address, Streamlit would ask a server on the internet for it.
ENV STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
COPY --from=packages /opt/venv /opt/venv
COPY --from=project /project /app
COPY docker/answers.py /usr/local/bin/
EXPOSE 8501
USER 10001
CMD ["python", "-m", "services.dashboard"]
