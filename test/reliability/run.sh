#!/usr/bin/env bash
# Holds the service to losing nothing. Watches and disturbs its system calls: with strace, which is installed when it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v strace >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace >/dev/null
fi

node --test --test-concurrency=1 "test/reliability/**/*.test.ts"
