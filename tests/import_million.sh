#!/bin/bash
# An import of a million rows whose process is killed (-9) three times ends with exactly the rows of an undisturbed one.
#   tests/import_million.sh [ROWS]       needs ./dev build; EVERDIAL_BUILD names another build than release
# Two servers with a list manager each, a private PostgreSQL; the last line is one JSON object.
set -euo pipefail

rows=${1:-1000000}
top=$(cd "$(dirname "$0")/.." && pwd)
everdial=$top/build/${EVERDIAL_BUILD:-release}/src/main/everdial
[ -x "$everdial" ] || { echo "import_million: ${everdial#"$top"/} is not there: ./dev build" >&2; exit 2; }

dir=$(mktemp -d /tmp/everdial-import.XXXXXX)
chmod 755 "$dir"
declare -A server_pid=()
finish() {
  for pid in "${server_pid[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${server_pid[@]}"; do wait "$pid" 2>/dev/null || true; done
  "$top/tests/pg.sh" stop "$dir/pg"
  rm -rf "$dir"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
uri=$("$top/tests/pg.sh" start "$dir/pg" "$(free_port)")
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$uri" -c "$1"; }
say() { echo "import_million: $*" >&2; }

# One row in fifty repeats the number before it, one in a hundred has none.
awk -v rows="$rows" 'BEGIN {
  print "ref,phone,first_name,city,note"
  for (i = 0; i < rows; i++) {
    n = i % 50 == 49 ? i - 1 : i
    phone = i % 100 == 77 ? "none" : sprintf("(%d) %03d-%04d", 201 + n % 2, 200 + int(n / 2) % 300, int(n / 600) % 10000)
    printf "c%d,%s,First%d,Springfield,\"said \"\"%d\"\",\nlater\"\n", i, phone, i % 977, i
  }
}' >"$dir/contacts.csv"
size=$(stat -c %s "$dir/contacts.csv")

upload() {  # gives the import's id
  sql "with list as (insert into contact_list (name) values ('$1') returning id)
       insert into contact_import (list_id, file_name, size_bytes) select id, 'contacts.csv', $size from list" >/dev/null
  local id
  id=$(sql "select max(id) from contact_import")
  sql "insert into contact_import_chunk select $id, first, pg_read_binary_file('$dir/contacts.csv', first, 1048576)
       from generate_series(0, $size - 1, 1048576) first"
  sql "update contact_import set state = 'queued' where id = $id"
  echo "$id"
}

state() { sql "select state from contact_import where id = $1"; }
await_end() {
  while case $(state "$1") in queued | running) true ;; *) false ;; esac; do sleep 0.2; done
  [ "$(state "$1")" = completed ] || { say "import $1: $(sql "select state, error from contact_import where id = $1")"; exit 1; }
}

for name in one two; do
  mkdir "$dir/$name"
  cat >"$dir/$name.yaml" <<END
server:
  name: $name
  components: [list_manager]
data_dir: $dir/$name
database:
  uri: $uri
rpc:
  listen_host: 127.0.0.1
health:
  listen: 127.0.0.1:$(free_port)
END
done
"$everdial" migrate --config "$dir/one.yaml" >/dev/null
for name in one two; do
  "$everdial" server --config "$dir/$name.yaml" 2>"$dir/$name.log" >&2 &
  server_pid[$name]=$!
done

calm=$(upload calm)
await_end "$calm"
say "undisturbed: $(sql "select accepted, duplicates, rejected from contact_import where id = $calm")"

killed=$(upload killed)
kills=0
for quarter in 1 2 3; do
  while [ "$(sql "select next_row > $((rows * quarter / 4)) or state = 'completed' from contact_import where id = $killed")" = f ]; do sleep 0.05; done
  holder=
  until [ -n "$holder" ]; do
    holder=$(sql "select s.server from ha_lease l join ha_session s using (incarnation) where l.resource = 'import/$killed'")
    [ "$(state "$killed")" = running ] || break
  done
  [ -n "$holder" ] || { say "the import ended before it could be killed: take more rows"; exit 1; }
  kill -KILL "$(pgrep -P "${server_pid[$holder]}" -f list_manager)"
  kills=$((kills + 1))
  say "killed the list manager of $holder at row $(sql "select next_row from contact_import where id = $killed")"
done
await_end "$killed"

columns="phone, time_zone, ref, attributes::text, import_row"
of_list() { echo "select $columns from contact c join contact_import i on i.id = c.import_id where i.id = $1"; }
different=$(sql "select (select count(*) from ($(of_list "$calm") except all $(of_list "$killed")) a) +
                        (select count(*) from ($(of_list "$killed") except all $(of_list "$calm")) b)")
counts=$(sql "select count(distinct (accepted, duplicates, rejected)) = 1 and bool_and(accepted + duplicates + rejected = $rows)
              from contact_import where id in ($calm, $killed)")
rejects=$(sql "select count(*) from (
  (select row_number, column_name, value, reason from contact_import_reject where import_id = $calm
   except select row_number, column_name, value, reason from contact_import_reject where import_id = $killed) union all
  (select row_number, column_name, value, reason from contact_import_reject where import_id = $killed
   except select row_number, column_name, value, reason from contact_import_reject where import_id = $calm)) d")
owners=$(sql "select count(*) from ha_history h join ha_lease l using (res_id) where l.resource = 'import/$killed' and h.to_incarnation is not null")
same=false
if [ "$different" = 0 ] && [ "$rejects" = 0 ] && [ "$counts" = t ] && [ "$kills" = 3 ]; then same=true; fi
echo "{\"test\":\"import_million\",\"rows\":$rows,\"kills\":$kills,\"owners\":$owners,\"different_contacts\":$different,\"different_rejects\":$rejects,\"same\":$same}"
[ "$same" = true ]
