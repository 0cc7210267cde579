#!/usr/bin/env bash
# Holds the service to losing nothing. Watches and disturbs its system calls: with strace and a library that gcc
# makes, both of which are installed when they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v strace >/dev/null || ! command -v gcc >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace gcc libc6-dev >/dev/null
fi

node --test --test-concurrency=2 "test/reliability/**/*.test.ts"
