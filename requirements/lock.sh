#!/bin/sh
# Locks every dependency group of pyproject.toml. `dev` holds them all and is resolved first; the others are
# resolved under it, so that a package has one version everywhere. Addresses of registries are left out.
set -eu
cd "$(dirname "$0")/.."
lock() { group=$1; shift; uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links --group "$group" "$@" pyproject.toml -o "requirements/$group.txt"; }
lock dev "$@"
for group in view-producer view-consumer view-learner api test-data-generator local-stack airflow dashboard \
    secrets-managers; do
    rm -f "requirements/$group.txt"
    lock "$group" --constraints requirements/dev.txt
done
# dbt wants these in older versions than the others; all else is of one version.
# Its name stands in the lock.
constraints=requirements/analytics-constraints.in
trap 'rm -f "$constraints"' EXIT
sed -E "/^(more-itertools|pathspec|protobuf|tenacity|websockets)==/,/^    # via/d" requirements/dev.txt > "$constraints"
rm -f requirements/analytics.txt
lock analytics --constraints "$constraints"
