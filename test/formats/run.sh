#!/usr/bin/env bash
# Holds the inspection of formats to images that qemu-img makes, and to COUNT random ones an inspector (default 20000).
#
#   test/formats/run.sh [COUNT]
#
# Installs qemu-utils where it is missing, for which it needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

if ! command -v qemu-img > /dev/null; then
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends qemu-utils > /dev/null
fi

VITRINE_FORMAT_INPUTS=${1:-20000} exec node --test "test/formats/*.test.ts"
