#!/usr/bin/env bash
# Uses the console as people do, in a real browser on the real service. Chromium and the maker of the disk image
# come from Debian's packages and are installed when missing, which needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly packages=(chromium genisoimage fonts-dejavu-core)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  echo "Installing ${missing[*]} …" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

node scripts/build-console.mjs
exec node --test --test-concurrency=1 "test/console/*.test.ts"
