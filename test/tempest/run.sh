#!/usr/bin/env bash
# Runs tempest's tests of the Images API, and those of the Identity API that concern it, against Vitrine; with
# --reference those of images also against a real Glance.
# It comes from Debian's package and is installed when missing, which needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! dpkg-query -W -f='${Status}' python3-tempest 2>/dev/null | grep -q '^install ok installed$'; then
  echo 'Installing python3-tempest …' >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-tempest >&2
fi

exec node test/tempest/main.ts "$@"
