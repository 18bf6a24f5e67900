#!/bin/sh
# A private, throw-away PostgreSQL cluster for tests and demos.
#   tests/pg.sh start DIR PORT [KEY=VALUE ...]   makes the cluster in DIR/data when it is not there, starts it, prints its URI
#   tests/pg.sh stop DIR                         stops it at once and removes DIR/data
# KEY=VALUE are postgresql.conf settings. Without fsync=on nothing is forced to disk: fast, and enough where no machine loses its power.
# Sockets are in DIR, trust authentication (but for the role with_password), loopback only. As root it runs as the user postgres, which then
# owns DIR.
set -eu

say() { echo "pg.sh: $*" >&2; exit 2; }
[ $# -ge 2 ] || say "usage: pg.sh start DIR PORT [KEY=VALUE ...] | stop DIR"
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || say "PostgreSQL's server is not installed (Debian: postgresql)"

as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env LC_ALL=C "$@")
  else
    (cd / && env LC_ALL=C "$@")
  fi
}

case $verb in
start)
  [ $# -ge 1 ] || say "start needs a port"
  port=$1
  shift
  chmod 755 "$dir"
  if [ "$(id -u)" = 0 ]; then chown postgres: "$dir"; fi
  as_postgres test -x "$dir" || say "the user postgres cannot reach $dir: give it a folder whose parents all may enter, such as one in /tmp"
  if [ ! -f "$dir/data/PG_VERSION" ]; then
    as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$dir/initdb.log" 2>&1 ||
      { cat "$dir/initdb.log" >&2; say "initdb failed"; }
    # One role whose password is asked for, so that a test can see it given.
    as_postgres sed -i '1i host all with_password 127.0.0.1/32 scram-sha-256' "$dir/data/pg_hba.conf"
  fi
  {
    echo "port = $port"
    echo "listen_addresses = '127.0.0.1'"
    echo "unix_socket_directories = '$dir'"
    echo "max_connections = 300"
    echo "shared_buffers = 256MB"
    echo "fsync = off"
    echo "log_min_duration_statement = 1000"
    for setting in "$@"; do echo "${setting%%=*} = '${setting#*=}'"; done
  } >"$dir/data/everdial.conf"
  grep -q everdial.conf "$dir/data/postgresql.conf" || echo "include 'everdial.conf'" >>"$dir/data/postgresql.conf"
  as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/postgresql.log" -w -t 30 start >/dev/null ||
    { tail -20 "$dir/postgresql.log" >&2; say "PostgreSQL did not start"; }
  echo "postgresql://postgres@127.0.0.1:$port/postgres"
  ;;
stop)
  if [ -f "$dir/data/postmaster.pid" ]; then
    as_postgres "$bin/pg_ctl" -D "$dir/data" -w -t 30 -m immediate stop >/dev/null || true
  fi
  rm -rf "$dir/data"
  ;;
*) say "unknown verb $verb" ;;
esac
