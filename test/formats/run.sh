#!/usr/bin/env bash
# Holds the inspection of formats to images that qemu-img makes, and to COUNT random ones an inspector (default 20000);
# and the unpacking of data to what the usual programs make of it.
#
#   test/formats/run.sh [COUNT]
#
# Installs what is missing of these programs, for which it needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

missing=()
for program in qemu-img:qemu-utils xz:xz-utils zip:zip zstd:zstd; do
  command -v "${program%%:*}" > /dev/null || missing+=("${program##*:}")
done
if ((${#missing[@]} > 0)); then
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
fi

VITRINE_FORMAT_INPUTS=${1:-20000} exec node --test "test/formats/*.test.ts"
