#!/usr/bin/env bash
# `npm run bench:glance`: measures the service beside a real Glance, as a cloud runs it: Debian's, with two
# processes, MariaDB, a memcached for tokens and a Keystone, its images in memory. Installs nginx too, as the limit of
# downloads. All arguments go to the bench.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v nginx >/dev/null; then
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >&2
fi

directory=$(mktemp -d -t bench-glance.XXXXXX)
# Glance does not sync what it writes; in memory no disk is in its way at all.
REFERENCE_DATA=$(mktemp -d -p /dev/shm bench-glance.XXXXXX)
export REFERENCE_DATA
trap 'bash test/interop/reference-glance.sh stop "$directory"; rm -rf "$REFERENCE_DATA"' EXIT
export REFERENCE_STORES=one REFERENCE_DATABASE=mariadb REFERENCE_WORKERS=2 REFERENCE_MEMCACHED=yes
export REFERENCE_TOKEN_CACHE_TIME=300 REFERENCE_TOKEN_EXPIRATION=14400
environment=$(bash test/interop/reference-glance.sh start "$directory")
eval "$environment"

version=$(dpkg-query -W -f='${Version}' glance-api)
npm run --silent bench -- --against "$API_ENDPOINT" --clouds "$OS_CLIENT_CONFIG_FILE" --glance --name "Glance ${version#*:}" "$@"
