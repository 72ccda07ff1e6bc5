#!/bin/sh
# As much of the official image's entrypoint as docker-compose.yml relies on: one database, the superuser's password from
# a file, scripts run once, data on a volume.
set -eu
DATA=/var/lib/postgresql/waybill
if [ ! -s "$DATA/PG_VERSION" ]; then
  install -d -o postgres -g postgres -m 700 "$DATA"
  # The file is readable for us alone.
  install -o postgres -g postgres -m 600 "$POSTGRES_PASSWORD_FILE" /tmp/superuser
  su postgres -c "$(command -v initdb) --pgdata=$DATA --username=postgres --pwfile=/tmp/superuser --auth-local=trust ${POSTGRES_INITDB_ARGS:-}" > /dev/null
  rm /tmp/superuser
  echo 'host all all all scram-sha-256' >> "$DATA/pg_hba.conf"
  su postgres -c "$(command -v pg_ctl) -D $DATA -w -o '-c listen_addresses= -c unix_socket_directories=/tmp' start" > /dev/null
  export PGHOST=/tmp
  psql --username=postgres --quiet --command="CREATE DATABASE \"$POSTGRES_DB\""
  for script in /docker-entrypoint-initdb.d/*.sh; do . "$script"; done
  su postgres -c "$(command -v pg_ctl) -D $DATA -w stop" > /dev/null
fi
exec su postgres -c "exec $(command -v postgres) -D $DATA -c listen_addresses='*' -c unix_socket_directories=/tmp"
