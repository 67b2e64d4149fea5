#!/bin/sh
# Sends events to the relay:  examples/send.sh FILE…
#
# A file contains one event, an array of events, or (*.ndjson and *.jsonl) one event per line; - is standard input.
# GONG_RELAY_URL is the address of the relay, and GONG_RELAY_KEY the key of the source. With `make run` you need neither.
# You can send a file again: the relay reports its events as duplicates.
set -eu

url=${GONG_RELAY_URL:-http://127.0.0.1:8080}
key=${GONG_RELAY_KEY:-$(sed -n 's/^QUICKSTART_KEY=//p' .relay/env 2>/dev/null || true)}

[ $# -gt 0 ] || { echo "usage: $0 FILE..." >&2; exit 2; }
[ -n "$key" ] || { echo "$0: no key. Set GONG_RELAY_KEY, or start the relay here with \`make run\`." >&2; exit 2; }

for file in "$@"; do
  case $file in
    *.ndjson | *.jsonl) type=application/x-ndjson ;;
    *) type=application/json ;;
  esac
  # Pass the key through a file descriptor: on the command line, any process list would show it.
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --config /dev/fd/3 \
    --header "Content-Type: $type" --data-binary "@$file" "$url/v1/events" 3<<KEY
header = "Authorization: Bearer $key"
KEY
done
