#!/bin/sh
# Five servers of five parties on this machine, on a simulated clock, each a partner of the others.
# Usage: deploy/five-servers.sh FOLDER      (Ctrl-C ends them; docs/how-to/run-each-party-apart.md)
set -eu
folder=${1:?name a folder for the five data folders}
clock=2021-06-22T08:00:00+00:00
mkdir -p "$folder"

start() {  # name, port, aggregators, contexts…
    name=$1 port=$2 aggregators=$3
    shift 3
    PLATONE_NAME=$name PLATONE_AGGREGATORS=$aggregators \
        platone serve "$@" --data "$folder/$name" --port "$port" --clock "$clock" --speed 0 \
        >"$folder/$name.out" 2>"$folder/$name.log" &
    pids="$pids $!"
}

pids=
trap 'kill -INT $pids; wait' EXIT INT TERM
start market 8443 "" market ledger
start dso 8444 "" dso
start metering 8445 "" access customers
start aceae 8446 ACEAE aggregator
start aceae-2 8447 ACEAE_2 aggregator

for name in market dso metering aceae aceae-2; do
    until grep -q "listens on" "$folder/$name.out"; do
        sleep 1
    done
    platone partner export --data "$folder/$name" >"$folder/$name.toml"
done
for one in market dso metering aceae aceae-2; do
    others=
    for other in market dso metering aceae aceae-2; do
        [ "$one" = "$other" ] || others="$others $folder/$other.toml"
    done
    # shellcheck disable=SC2086  # a list of files, whose names have no spaces
    platone partner add $others --data "$folder/$one"
done
echo "All five run. Drive the Italian day over them:"
echo "  platone demo italy$(for name in market dso metering aceae aceae-2; do
    printf ' --credentials %s/%s/credentials.json' "$folder" "$name"
done)"
wait
