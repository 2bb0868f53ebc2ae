#!/usr/bin/env bash
# Holds the traffic of the client's tests against Atlassian's own OpenAPI documents.
# Usage: run.sh TRAFFIC [SPECS]; the documents are no part of this repository.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
traffic=$(realpath "$1")
specs=${2:-$here/../../../shared/specs}

if [ ! -d "$specs" ]; then
  echo "skipped: Atlassian's OpenAPI documents are not at $specs"
  exit 0
fi
[ -d "$here/.venv" ] || { python3 -m venv "$here/.venv" && "$here/.venv/bin/pip" install --quiet -r "$here/requirements.txt"; }
"$here/.venv/bin/python" "$here/check.py" "$traffic" "$specs"
