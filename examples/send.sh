#!/bin/sh
# Sends events to the relay:  examples/send.sh FILE…
#
# A file holds one event, an array of events, or (named *.ndjson or *.jsonl) one event a line; - is standard input.
# GONG_RELAY_URL says where the relay is and GONG_RELAY_KEY holds the source's key. Beside a running `make run` neither is needed.
# To send a file again does no harm: its events are answered as duplicates.
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
  # The key goes in by a file descriptor: on the command line every list of processes would show it.
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --config /dev/fd/3 \
    --header "Content-Type: $type" --data-binary "@$file" "$url/v1/events" 3<<KEY
header = "Authorization: Bearer $key"
KEY
done
