#!/usr/bin/env bash
# Publishes at a real RabbitMQ, as Debian packages it, and listens with a real oslo.messaging; both are installed when
# they are missing. The tests start a broker of their own on free ports of 127.0.0.1.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(rabbitmq-server python3-oslo.messaging)
if ! dpkg-query -W -f='${Status}\n' "${packages[@]}" 2>/dev/null | grep -c '^install ok installed$' | grep -qx 2; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

node --test "test/notifications/*.test.ts"
