#!/usr/bin/env bash
# Runs Vitrine behind a real Keystone: what it does with tokens, the real command lines, and tempest.
# They come from Debian's packages and are installed when missing, which needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

source test/interop/reference-keystone.sh
install_packages "${keystone_packages[@]}" python3-glanceclient python3-tempest qemu-utils grub-rescue-pc openssl >&2

exec node test/keystone/main.ts
