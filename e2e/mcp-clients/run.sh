#!/usr/bin/env bash
# Usage: run.sh PATH-OF-WEIR. Needs node, npm, python3; installs the clients beside this file.
set -euo pipefail
weir=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
cd "$here"

[ -d node_modules ] || npm ci --ignore-scripts --silent
[ -d .venv ] || { python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt; }

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$weir" sandbox >"$work/sandbox.json" &
until [ -s "$work/sandbox.json" ]; do read -r -t 0.1 <> <(:) || true; done
access() { python3 -c 'import json,sys; v=json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."): v=v[key]
print(v)' "$work/sandbox.json" "$1"; }

CONFLUENCE_URL=$(access cloud.url)
CONFLUENCE_USERNAME=$(access cloud.username)
CONFLUENCE_API_TOKEN=$(access cloud.api_token)
export CONFLUENCE_URL CONFLUENCE_USERNAME CONFLUENCE_API_TOKEN
export WEIR_DATA="$work/data" WEIR_CONFIG="$work/weir.toml"
touch "$WEIR_CONFIG"
"$weir" sync all >"$work/sync.txt" 2>&1 || { cat "$work/sync.txt"; exit 1; }
token=$("$weir" token create e2e --all-spaces 2>/dev/null)
"$weir" serve --listen 127.0.0.1:0 >"$work/serve.txt" 2>&1 &
server=$!
until grep -q ' MCP ' "$work/serve.txt"; do
  kill -0 "$server" 2>/dev/null || { cat "$work/serve.txt"; exit 1; }
  read -r -t 0.1 <> <(:) || true
done
url=$(grep -oE 'http://[^ ]+/mcp' "$work/serve.txt" | head -1)
page=$("$weir" search --json --limit 1 "roll back a deployment" | python3 -c 'import json,sys; print(json.load(sys.stdin)["items"][0]["data"]["id"])')

plan=$(python3 - "$weir" "$url" "$token" "$page" <<'PLAN'
import json, os, sys
weir, url, token, page = sys.argv[1:]
names = ["CONFLUENCE_URL", "CONFLUENCE_USERNAME", "CONFLUENCE_API_TOKEN"]
calls = [
    {"tool": "search", "arguments": {"query": "how do we roll back a deployment?"}},
    {"tool": "fetch", "arguments": {"id": page}},
    {"tool": "confluence_search", "arguments": {"query": "rate limits", "limit": 3}},
    {"tool": "confluence_get_page", "arguments": {"page_id": page}},
    {"tool": "confluence_get_page_children", "arguments": {"parent_id": page}},
    {"tool": "confluence_list_spaces", "arguments": {}},
]
print(json.dumps({
    "command": weir, "environment": {name: os.environ[name] for name in names},
    "url": url, "token": token, "calls": calls,
    "missing": {"tool": "confluence_get_page", "arguments": {"page_id": "987654321"}},
}))
PLAN
)
# The servers that clients start themselves get their environment from the plan alone.
unset WEIR_DATA WEIR_CONFIG
node client.mjs "$plan"
node sdk.mjs "$plan"
.venv/bin/python client.py "$plan"
