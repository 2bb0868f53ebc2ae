#!/usr/bin/env bash
# Installs the peer that Weir is measured beside into target/peer, a Python environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv target/peer
target/peer/bin/pip install --quiet --disable-pip-version-check --requirement bench/peer/requirements.txt
echo "installed: $(target/peer/bin/pip list --format freeze | grep -i '^mcp-atlassian==')"
