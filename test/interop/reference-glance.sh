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
# With REFERENCE_STORES=one Glance has a single store, as a Vitrine usually has, instead of two stores.
# REFERENCE_NOTIFICATIONS is the URL of a RabbitMQ that Glance publishes its notifications at.
# REFERENCE_ALLOWED_ORIGIN names an origin whose pages may call Glance.
# REFERENCE_DATABASE=mariadb keeps both in a MariaDB of their own; REFERENCE_WORKERS gives Glance so many processes,
# and REFERENCE_MEMCACHED=yes a memcached to remember tokens in.
# REFERENCE_DATA is a folder for image data elsewhere, such as in memory.
# REFERENCE_TOKEN_CACHE_TIME lets Glance remember tokens, in seconds: faster, but it learns of revoked ones late.
#
# Both listen on free ports of 127.0.0.1. Needs root for the installation only.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=SCRIPTDIR/reference-keystone.sh
source "$(dirname "${BASH_SOURCE[0]}")/reference-keystone.sh"

# What the section DEFAULT says of stores and import.
stores_in_default() {
  if [[ ${REFERENCE_STORES:-} == one ]]; then
    echo "node_staging_uri = file://$1/glance/staging"
    echo 'enabled_import_methods = [glance-direct,web-download,copy-image]'
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
  local url="http://127.0.0.1:$port" connection memcached='' driver=noop
  mkdir -p "$directory"/glance/{archive,staging,tasks}
  if [[ -n ${REFERENCE_DATA:-} ]]; then
    ln -s "$REFERENCE_DATA" "$directory/glance/fast"
  else
    mkdir -p "$directory/glance/fast"
  fi
  connection=$(database_for "$directory" glance)
  [[ ${REFERENCE_MEMCACHED:-} != yes ]] || memcached="memcached_servers = $(start_memcached "$directory")"
  [[ -z ${REFERENCE_NOTIFICATIONS:-} ]] || driver=messagingv2
  # The roles as later releases enforce them.
  cat >"$directory/glance/glance-api.conf" <<CONF
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $port
workers = ${REFERENCE_WORKERS:-0}
use_stderr = true
public_endpoint = $url
worker_self_reference_url = $url
$(stores_in_default "$directory")
enforce_secure_rbac = true
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
[database]
connection = $connection
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
$memcached
[oslo_messaging_notifications]
driver = $driver
transport_url = ${REFERENCE_NOTIFICATIONS:-}
[cors]
allowed_origin = ${REFERENCE_ALLOWED_ORIGIN:-}
CONF
  # The filter for pages of other origins reads a configuration of its own.
  sed "/oslo_middleware.cors/a oslo_config_file = $directory/glance/glance-api.conf" \
    /usr/share/glance-common/glance-api-paste.ini >"$directory/glance/glance-api-paste.ini"
  glance-manage --config-file "$directory/glance/glance-api.conf" db_sync >"$directory/glance/setup.log" 2>&1
  [[ ! -e $directory/glance/glance.sqlite ]] || use_write_ahead_log "$directory/glance/glance.sqlite"
  glance-manage --config-file "$directory/glance/glance-api.conf" \
    db_load_metadefs /usr/share/glance-common/metadefs >>"$directory/glance/setup.log" 2>&1

  glance-api --config-file "$directory/glance/glance-api.conf" >"$directory/glance/server.log" 2>&1 &
  echo $! >"$directory/glance/pid"
  await_answer "$url/" "$directory/glance/server.log"
}

# Starts a memcached for this Glance alone, and says where.
start_memcached() {
  local directory=$1 port
  install_packages memcached python3-memcache >&2
  port=$(free_port)
  mkdir -p "$directory/memcached"
  memcached -l 127.0.0.1 -p "$port" -u "$(id -un)" >"$directory/memcached/server.log" 2>&1 &
  echo $! >"$directory/memcached/pid"
  echo "127.0.0.1:$port"
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

  install_packages "${keystone_packages[@]}" glance-api >&2
  local glance_port keystone_url
  glance_port=$(free_port)
  local glance_url="http://127.0.0.1:$glance_port"
  keystone_url=$(keystone_with_accounts "$directory" "$glance_url")
  start_glance "$directory" "$glance_port" "$keystone_url" "$(<"$directory/keystone/service-password")"
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
  stop_service "$directory" glance
  stop_service "$directory" keystone
  stop_service "$directory" memcached
  stop_service "$directory" mariadb
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
