#!/usr/bin/env bash
# Restores a dump, the one argument, into the database of DATABASE_URL, which is empty and belongs to its role.
set -euo pipefail
pg_restore --no-owner --no-privileges --exit-on-error --dbname="$DATABASE_URL" "$1"
# of PostgreSQL's own tables it would say that they are not the role's
psql -X --quiet --set=ON_ERROR_STOP=1 -c 'SET client_min_messages = error' -c 'ANALYZE' "$DATABASE_URL"
# the log must go on above its last number
is_above=$(psql -XAtc 'SELECT last_value >= (SELECT coalesce(max(seq), 0) FROM order_events) FROM order_events_seq' "$DATABASE_URL")
[ "$is_above" = t ] || { echo 'the sequence order_events_seq is behind the log' >&2; exit 1; }
