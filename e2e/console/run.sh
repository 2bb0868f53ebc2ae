#!/usr/bin/env bash
# Looks at the console in Chromium: of a server with a mirrored site, and of one with nothing.
# Argument: the program. SCREENSHOTS may name a folder that receives a picture of every page.
set -euo pipefail
weir=$(realpath "${1:?usage: run.sh WEIR}")
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --silent

work=$(mktemp -d)
processes=()
stop() {
  kill "${processes[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT

# Prints the first match in a file that another process writes.
await() {
  local file=$1 pattern=$2
  for _ in $(seq 300); do
    if grep -Eom1 "$pattern" "$file"; then return; fi
    sleep 0.1
  done
  cat "$file" >&2
  return 1
}

serve() {
  local name=$1
  shift
  env XDG_CONFIG_HOME="$work/$name" WEIR_DATA="$work/$name/data" "$@" \
    "$weir" serve --listen 127.0.0.1:0 2>"$work/$name.log" &
  processes+=($!)
}

"$weir" sandbox --listen 127.0.0.1:0 >"$work/sandbox" &
processes+=($!)
access=$(await "$work/sandbox" '^\{.*\}$')
of_cloud() { node -p "JSON.parse(process.argv[1]).cloud.$1" "$access"; }

serve mirrored CONFLUENCE_URL="$(of_cloud url)" CONFLUENCE_USERNAME="$(of_cloud username)" \
  CONFLUENCE_API_TOKEN="$(of_cloud api_token)" WEIR_MIRROR_SPACES=all
serve empty
link='http://[^ ]*/sign-in\?code=[^ ]+'
node check.mjs "$(await "$work/mirrored.log" "$link")" "$(await "$work/empty.log" "$link")"
