#!/usr/bin/env bash
# Usage: run.sh PATH-OF-WEIR
# Libraries that others wrote for the real Confluence talk to the sandbox without complaint.
set -euo pipefail
weir=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")"

[ -d node_modules ] || npm ci --ignore-scripts --silent
[ -d .venv ] || { python3 -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt; }

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$weir" sandbox >"$work/sandbox.json" &
until [ -s "$work/sandbox.json" ]; do read -r -t 0.1 <> <(:) || true; done
access=$(cat "$work/sandbox.json")
node library.mjs "$access"
node jira.mjs "$access"
.venv/bin/python library.py "$access"
