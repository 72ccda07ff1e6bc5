#!/bin/sh
# The oldest server that is supported. The superuser's password comes in a file made at run time.
set -eu
BIN=/usr/lib/postgresql/15/bin
DATA=/var/lib/postgresql/test
"$BIN/initdb" --pgdata="$DATA" --username=postgres --pwfile=/secret/password --auth=scram-sha-256 --encoding=UTF8 > /dev/null
exec "$BIN/postgres" -D "$DATA" -c listen_addresses="$ADDRESS" -c port="$PORT" -c unix_socket_directories=/tmp
