#!/bin/bash
# The image has no variables for the settings in settings.yaml: puts them into its cassandra.yaml, in place of the
# lines of the same name, then starts as the image does.
set -eu
settings=$(dirname "$0")/settings.yaml
# Through a copy: the file stays the same one, with its owner.
kept=$(grep --invert-match --extended-regexp "^($(grep -oE '^[a-z_]+' "$settings" | paste -sd '|')):" "$CASSANDRA_CONF/cassandra.yaml")
printf '%s\n' "$kept" "$(<"$settings")" >"$CASSANDRA_CONF/cassandra.yaml"
exec docker-entrypoint.sh cassandra -f
