#!/usr/bin/env bash
# Type-checks the program for macOS and Windows where their targets can be had.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cd "$here/../.."

[ -d "$here/.venv" ] || { python3 -m venv "$here/.venv" && "$here/.venv/bin/pip" install --quiet -r "$here/requirements.txt"; }
PATH="$here/.venv/bin:$PATH"

for target in aarch64-apple-darwin x86_64-pc-windows-gnu; do
  if ! rustup target list --installed 2>/dev/null | grep -qx "$target" && ! timeout 300 rustup target add "$target" >/dev/null 2>&1; then
    echo "skipped: the standard library for $target is not installed and cannot be had here"
    continue
  fi
  cargo-zigbuild check --quiet --target "$target" -p weir
  echo "ok  $target"
done
