#!/usr/bin/env bash
# Runs the real command lines against Vitrine, or against the cloud whose clouds.yaml VITRINE_INTEROP_CLOUDS names.
# They come from Debian's packages and are installed when missing, which needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly packages=(python3-openstackclient python3-glanceclient qemu-utils grub-rescue-pc nginx-light)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  echo "Installing ${missing[*]} …" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# Most of the time goes into starting Python, so more test files at once than this gain nothing on two cores.
exec node --test --test-concurrency=2 "test/interop/*.test.ts"
