#!/bin/sh
# Brings Airflow's tables up to date and sets the login of its UI, from VITRINE_AIRFLOW_USERNAME and _PASSWORD.
# Running it again changes nothing but, where it is another one now, the password.
set -eu
# Airflow writes a folder a run and leaves it.
find /opt/airflow/logs -mindepth 2 -type f -mtime +14 -delete
airflow db migrate
# Typed in, and once more to be sure: the arguments of a process can be seen by others.
typed() { printf '%s\n%s\n' "$VITRINE_AIRFLOW_PASSWORD" "$VITRINE_AIRFLOW_PASSWORD"; }
typed | airflow users create --role Admin --username "$VITRINE_AIRFLOW_USERNAME" --firstname "$VITRINE_AIRFLOW_USERNAME" \
    --lastname Vitrine --email "$VITRINE_AIRFLOW_USERNAME@localhost"
typed | airflow users reset-password --username "$VITRINE_AIRFLOW_USERNAME"
