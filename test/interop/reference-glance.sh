#!/usr/bin/env bash
# A real Glance behind a real Keystone, as Debian packages them, to compare an unclear answer with.
#
#   test/interop/reference-glance.sh start [DIRECTORY]   installs what is missing, starts both, prints the environment
#   test/interop/reference-glance.sh stop DIRECTORY      stops both and removes DIRECTORY
#
# DIRECTORY (default: a new one under $TMPDIR) holds everything: configuration, SQLite databases, image data,
# logs and clouds.yaml with the clouds vitrine-admin, vitrine-producer and vitrine-consumer, so that whatever
# runs against Vitrine's own clouds.yaml runs against this one too:
#
#   eval "$(test/interop/reference-glance.sh start)"
#   VITRINE_INTEROP_CLOUDS=$OS_CLIENT_CONFIG_FILE npm run test:interop
#   test/interop/reference-glance.sh stop "$REFERENCE_DIRECTORY"
#
# With REFERENCE_STORES=one Glance has a single store and no import, as a Vitrine has, instead of two stores.
# REFERENCE_ALLOWED_ORIGIN names an origin whose pages may call Glance.
# REFERENCE_TOKEN_CACHE_TIME lets Glance remember tokens, in seconds: faster, but it learns of revoked ones late.
#
# Both listen on free ports of 127.0.0.1. Needs root for the installation only.
set -euo pipefail

# Debian's Python packages belong to Debian's Python, whichever other one comes first in PATH.
readonly python=/usr/bin/python3
readonly packages=(keystone glance-api uwsgi-core uwsgi-plugin-python3 python3-openstackclient)

install_packages() {
  local missing=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  apt-get update -qq
  # Both packages offer to set themselves up by questions; the answers here are the defaults: leave it alone.
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

start_keystone() {
  local directory=$1 port=$2 password=$3
  local url="http://127.0.0.1:$port"
  mkdir -p "$directory/keystone"
  cat >"$directory/keystone/keystone.conf" <<CONF
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///$directory/keystone/keystone.sqlite
[token]
provider = fernet
[fernet_tokens]
key_repository = $directory/keystone/fernet
[credential]
key_repository = $directory/keystone/credential
[fernet_receipts]
key_repository = $directory/keystone/fernet
CONF
  local manage=(keystone-manage --config-file "$directory/keystone/keystone.conf")
  {
    "${manage[@]}" db_sync
    use_write_ahead_log "$directory/keystone/keystone.sqlite"
    "${manage[@]}" fernet_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
    "${manage[@]}" credential_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
    "${manage[@]}" bootstrap --bootstrap-password "$password" --bootstrap-region-id RegionOne \
      --bootstrap-public-url "$url/v3" --bootstrap-internal-url "$url/v3" --bootstrap-admin-url "$url/v3"
  } >"$directory/keystone/setup.log" 2>&1

  OS_KEYSTONE_CONFIG_FILES="$directory/keystone/keystone.conf" \
    uwsgi --plugin python3 --http-socket "127.0.0.1:$port" --wsgi-file "$(command -v keystone-wsgi-public)" \
    --master --processes 2 --enable-threads --die-on-term --need-app \
    --add-header "Connection: close" --post-buffering 65536 --buffer-size 65535 \
    >"$directory/keystone/server.log" 2>&1 &
  echo $! >"$directory/keystone/pid"
  await_answer "$url/v3" "$directory/keystone/server.log"
}

# The accounts that Vitrine's first start makes too, and what Glance itself needs.
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

# What the section DEFAULT says of stores and import.
stores_in_default() {
  if [[ ${REFERENCE_STORES:-} == one ]]; then
    echo "node_staging_uri = file://$1/glance/staging"
    echo 'enabled_import_methods = []'
  else
    echo 'enabled_backends = fast:file, archive:file'
  fi
}

store_sections() {
  echo '[glance_store]'
  if [[ ${REFERENCE_STORES:-} == one ]]; then
    echo "filesystem_store_datadir = $1/glance/fast"
    return
  fi
  cat <<CONF
default_backend = fast
[fast]
filesystem_store_datadir = $1/glance/fast
store_description = Fast
[archive]
filesystem_store_datadir = $1/glance/archive
store_description = Archive
[os_glance_staging_store]
filesystem_store_datadir = $1/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $1/glance/tasks
CONF
}

start_glance() {
  local directory=$1 port=$2 keystone_url=$3 password=$4
  local url="http://127.0.0.1:$port"
  mkdir -p "$directory"/glance/{fast,archive,staging,tasks}
  # The roles as later releases enforce them.
  cat >"$directory/glance/glance-api.conf" <<CONF
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $port
workers = 0
use_stderr = true
public_endpoint = $url
worker_self_reference_url = $url
$(stores_in_default "$directory")
enforce_secure_rbac = true
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
[database]
connection = sqlite:///$directory/glance/glance.sqlite
$(store_sections "$directory")
[paste_deploy]
flavor = keystone
config_file = $directory/glance/glance-api-paste.ini
[keystone_authtoken]
www_authenticate_uri = $keystone_url
auth_url = $keystone_url/v3
auth_type = password
username = glance
password = $password
project_name = service
user_domain_id = default
project_domain_id = default
region_name = RegionOne
token_cache_time = ${REFERENCE_TOKEN_CACHE_TIME:--1}
[cors]
allowed_origin = ${REFERENCE_ALLOWED_ORIGIN:-}
CONF
  # The filter for pages of other origins reads a configuration of its own.
  sed "/oslo_middleware.cors/a oslo_config_file = $directory/glance/glance-api.conf" \
    /usr/share/glance-common/glance-api-paste.ini >"$directory/glance/glance-api-paste.ini"
  glance-manage --config-file "$directory/glance/glance-api.conf" db_sync >"$directory/glance/setup.log" 2>&1
  use_write_ahead_log "$directory/glance/glance.sqlite"
  glance-manage --config-file "$directory/glance/glance-api.conf" \
    db_load_metadefs /usr/share/glance-common/metadefs >>"$directory/glance/setup.log" 2>&1

  glance-api --config-file "$directory/glance/glance-api.conf" >"$directory/glance/server.log" 2>&1 &
  echo $! >"$directory/glance/pid"
  await_answer "$url/" "$directory/glance/server.log"
}

start() {
  local directory=${1:-}
  if [[ -z $directory ]]; then
    directory=$(mktemp -d -t reference-glance.XXXXXX)
  else
    mkdir -p "$directory"
    directory=$(realpath "$directory")
  fi
  chmod 700 "$directory"
  # shellcheck disable=SC2064 # the directory is wanted as it is now
  trap "tail -n 20 '$directory'/*/*.log; stop '$directory'" EXIT

  install_packages >&2
  local keystone_port glance_port admin_password password
  keystone_port=$(free_port)
  glance_port=$(free_port)
  admin_password=$(secret)
  password=$(secret)
  local keystone_url="http://127.0.0.1:$keystone_port" glance_url="http://127.0.0.1:$glance_port"

  start_keystone "$directory" "$keystone_port" "$admin_password"
  create_accounts "$keystone_url" "$glance_url" "$admin_password" "$password"
  start_glance "$directory" "$glance_port" "$keystone_url" "$password"
  write_clouds "$keystone_url" "$admin_password" "$password" >"$directory/clouds.yaml"
  trap - EXIT

  cat <<ENVIRONMENT
export REFERENCE_DIRECTORY=$directory
export OS_CLIENT_CONFIG_FILE=$directory/clouds.yaml
export KEYSTONE_URL=$keystone_url/v3
export API_ENDPOINT=$glance_url
ENVIRONMENT
}

stop() {
  local directory=$1
  for service in glance keystone; do
    local file="$directory/$service/pid" pid
    [[ -f $file ]] || continue
    pid=$(<"$file")
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 1 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$directory"
}

case ${1:-} in
  start) start "${2:-}" ;;
  stop) stop "${2:?usage: $0 stop DIRECTORY}" ;;
  *)
    echo "usage: $0 start [DIRECTORY] | stop DIRECTORY" >&2
    exit 2
    ;;
esac
