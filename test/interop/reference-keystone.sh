#!/usr/bin/env bash
# A real Keystone, as Debian packages it, with the accounts that Vitrine's first start makes too.
#
#   test/interop/reference-keystone.sh start DIRECTORY IMAGE_URL  installs what is missing and starts it
#   test/interop/reference-keystone.sh halt DIRECTORY             stops it, and leaves DIRECTORY
#   test/interop/reference-keystone.sh resume DIRECTORY           starts it again, at the same address
#   test/interop/reference-keystone.sh stop DIRECTORY             stops it and removes DIRECTORY
#
# DIRECTORY holds everything: configuration, SQLite database, logs, clouds.yaml with the clouds vitrine-admin,
# vitrine-producer and vitrine-consumer, and services.yaml with the login of a service. The catalog names IMAGE_URL.
# REFERENCE_TOKEN_EXPIRATION is the life of new tokens in seconds. With REFERENCE_DATABASE=mariadb it is kept in a
# MariaDB of its own, as in a real cloud, rather than in a file of SQLite.
#
# It listens on a free port of 127.0.0.1. Needs root for the installation only.
set -euo pipefail
shopt -s inherit_errexit

# Debian's Python packages belong to Debian's Python, whichever other one comes first in PATH.
readonly python=/usr/bin/python3
readonly keystone_packages=(keystone uwsgi-core uwsgi-plugin-python3 python3-openstackclient)

# Installs those of the packages that are missing.
install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  apt-get update -qq
  # They offer to set themselves up by questions; the answers here are the defaults: leave it alone.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

secret() {
  "$python" -c 'import secrets; print(secrets.token_hex(16))'
}

# Lets an unfinished read, which these services leave behind now and then, no longer block every write.
use_write_ahead_log() {
  "$python" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode = WAL")' "$1"
}

# Waits until URL answers at all (a 300 is an answer), or fails with the log's end.
await_answer() {
  local url=$1 log=$2
  for _ in $(seq 1 150); do
    curl --silent --output /dev/null "$url" && return
    sleep 0.2
  done
  echo "No answer from $url within 30 s:" >&2
  tail -n 20 "$log" >&2
  return 1
}

# The SQLAlchemy URL of a database NAME, which exists afterwards, in what REFERENCE_DATABASE says.
database_for() {
  local directory=$1 name=$2
  if [[ ${REFERENCE_DATABASE:-} != mariadb ]]; then
    echo "sqlite:///$directory/$name/$name.sqlite"
    return
  fi
  [[ -e $directory/mariadb/socket ]] || start_mariadb "$directory" >&2
  mariadb --socket "$directory/mariadb/socket" --user root --execute "CREATE DATABASE $name CHARACTER SET utf8mb3"
  echo "mysql+pymysql://root@localhost/$name?unix_socket=$directory/mariadb/socket"
}

# A MariaDB that listens on a socket in DIRECTORY alone; durable as it comes.
start_mariadb() {
  local directory=$1
  install_packages mariadb-server python3-pymysql
  mkdir -p "$directory/mariadb"
  local user
  user=$(id -un)
  mariadb-install-db --user="$user" --datadir="$directory/mariadb/data" --auth-root-authentication-method=normal \
    --skip-test-db >"$directory/mariadb/setup.log" 2>&1
  mariadbd --no-defaults --user="$user" --datadir="$directory/mariadb/data" --socket="$directory/mariadb/socket" \
    --pid-file="$directory/mariadb/own-pid" --skip-networking --max-connections=400 \
    >"$directory/mariadb/server.log" 2>&1 &
  echo $! >"$directory/mariadb/pid"
  for _ in $(seq 1 150); do
    mariadb-admin --socket "$directory/mariadb/socket" --user root ping >/dev/null 2>&1 && return
    sleep 0.2
  done
  echo 'MariaDB does not answer within 30 s:' >&2
  tail -n 20 "$directory/mariadb/server.log" >&2
  return 1
}

start_keystone() {
  local directory=$1 port=$2 password=$3
  local url="http://127.0.0.1:$port"
  mkdir -p "$directory/keystone"
  echo "$port" >"$directory/keystone/port"
  configure_keystone "$directory"
  local manage=(keystone-manage --config-file "$directory/keystone/keystone.conf")
  {
    "${manage[@]}" db_sync
    [[ ! -e $directory/keystone/keystone.sqlite ]] || use_write_ahead_log "$directory/keystone/keystone.sqlite"
    "${manage[@]}" fernet_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
    "${manage[@]}" credential_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
    "${manage[@]}" bootstrap --bootstrap-password "$password" --bootstrap-region-id RegionOne \
      --bootstrap-public-url "$url/v3" --bootstrap-internal-url "$url/v3" --bootstrap-admin-url "$url/v3"
  } >"$directory/keystone/setup.log" 2>&1
  serve_keystone "$directory"
}

configure_keystone() {
  local directory=$1 connection
  connection=$(database_for "$directory" keystone)
  cat >"$directory/keystone/keystone.conf" <<CONF
[DEFAULT]
use_stderr = true
[database]
connection = $connection
[token]
provider = fernet
expiration = ${REFERENCE_TOKEN_EXPIRATION:-3600}
[fernet_tokens]
key_repository = $directory/keystone/fernet
[credential]
key_repository = $directory/keystone/credential
[fernet_receipts]
key_repository = $directory/keystone/fernet
CONF
}

serve_keystone() {
  local directory=$1 port
  port=$(<"$directory/keystone/port")
  OS_KEYSTONE_CONFIG_FILES="$directory/keystone/keystone.conf" \
    uwsgi --plugin python3 --http-socket "127.0.0.1:$port" --wsgi-file "$(command -v keystone-wsgi-public)" \
    --master --processes 2 --enable-threads --die-on-term --need-app \
    --add-header "Connection: close" --post-buffering 65536 --buffer-size 65535 \
    >"$directory/keystone/server.log" 2>&1 &
  echo $! >"$directory/keystone/pid"
  await_answer "http://127.0.0.1:$port/v3" "$directory/keystone/server.log"
}

# The accounts that Vitrine's first start makes too, and those of services: glance may do everything, vitrine may
# read the system, nova is a service.
create_accounts() {
  local keystone_url=$1 glance_url=$2 admin_password=$3 password=$4
  "$python" - "$keystone_url" "$glance_url" "$admin_password" "$password" <<'PYTHON'
import sys

import openstack

keystone_url, glance_url, admin_password, password = sys.argv[1:]
cloud = openstack.connect(
    auth_url=f"{keystone_url}/v3", username="admin", password=admin_password, project_name="admin",
    user_domain_id="default", project_domain_id="default", region_name="RegionOne",
)
identity = cloud.identity
image = identity.create_service(name="glance", type="image")
for interface in ("public", "internal", "admin"):
    identity.create_endpoint(
        service_id=image.id, interface=interface, url=glance_url, region_id="RegionOne")
roles = {role.name: role for role in identity.roles()}
for name, role in (("service", "admin"), ("producer", "member"), ("consumer", "member")):
    project = identity.create_project(name=name, domain_id="default")
    user = identity.create_user(
        name="glance" if name == "service" else name, password=password,
        domain_id="default", default_project_id=project.id)
    identity.assign_project_role_to_user(project=project, user=user, role=roles[role])

vitrine = identity.create_user(name="vitrine", password=password, domain_id="default")
identity.put(f"/system/users/{vitrine.id}/roles/{roles['reader'].id}").raise_for_status()
service = roles.get("service") or identity.create_role(name="service")
project = identity.find_project("service", domain_id="default")
nova = identity.create_user(name="nova", password=password, domain_id="default")
identity.assign_project_role_to_user(project=project, user=nova, role=service)
PYTHON
}

write_clouds() {
  local keystone_url=$1 admin_password=$2 password=$3
  echo 'clouds:'
  for name in admin producer consumer; do
    cat <<YAML
  vitrine-$name:
    auth:
      auth_url: $keystone_url/v3
      username: $name
      password: $([[ $name == admin ]] && echo "$admin_password" || echo "$password")
      project_name: $name
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
    identity_api_version: 3
YAML
  done
}

# How services log in: not part of clouds.yaml, which is what Vitrine would write.
write_services() {
  local keystone_url=$1 password=$2
  cat <<YAML
clouds:
  nova:
    auth:
      auth_url: $keystone_url/v3
      username: nova
      password: $password
      project_name: service
      user_domain_id: default
      project_domain_id: default
YAML
}

# Starts Keystone with its accounts, for a service that is to be at IMAGE_URL; prints its URL.
keystone_with_accounts() {
  local directory=$1 image_url=$2
  local port admin_password password
  port=$(free_port)
  admin_password=$(secret)
  password=$(secret)
  local url="http://127.0.0.1:$port"
  start_keystone "$directory" "$port" "$admin_password"
  create_accounts "$url" "$image_url" "$admin_password" "$password"
  write_clouds "$url" "$admin_password" "$password" >"$directory/clouds.yaml"
  write_services "$url" "$password" >"$directory/services.yaml"
  echo "$password" >"$directory/keystone/service-password"
  echo "$url"
}

# Stops the service NAME of DIRECTORY, whatever it is busy with.
stop_service() {
  local file="$1/$2/pid" pid
  [[ -f $file ]] || return 0
  pid=$(<"$file")
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 1 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

start_alone() {
  local directory=$1 image_url=$2
  mkdir -p "$directory"
  directory=$(realpath "$directory")
  chmod 700 "$directory"
  # shellcheck disable=SC2064 # the directory is wanted as it is now
  trap "tail -n 20 '$directory'/keystone/*.log >&2; stop_service '$directory' keystone" EXIT
  install_packages "${keystone_packages[@]}" >&2
  keystone_with_accounts "$directory" "$image_url"
  trap - EXIT
}

# Only the functions are wanted when another script reads this one.
[[ ${BASH_SOURCE[0]} == "$0" ]] || return 0

usage="usage: $0 start DIRECTORY IMAGE_URL | halt DIRECTORY | resume DIRECTORY | stop DIRECTORY"
case ${1:-} in
  start) start_alone "${2:?$usage}" "${3:?$usage}" ;;
  halt) stop_service "${2:?$usage}" keystone ;;
  resume)
    configure_keystone "${2:?$usage}"
    serve_keystone "$2"
    ;;
  stop)
    stop_service "${2:?$usage}" keystone
    rm -rf "$2"
    ;;
  *)
    echo "$usage" >&2
    exit 2
    ;;
esac
