#!/usr/bin/env bash
# A real Swift, as Debian packages it, that also speaks S3.
#
#   test/stores/reference-swift.sh start DIRECTORY              installs what is missing and starts it
#   test/stores/reference-swift.sh keystone DIRECTORY           adds a second proxy, at whose front a Keystone stands
#   test/stores/reference-swift.sh stop DIRECTORY               stops everything and removes DIRECTORY
#
# DIRECTORY holds everything: rings of one replica, configuration, objects (in extended attributes too, so it must
# be on a file system that has them), logs, and in `swift/port` the port of the proxy: Swift by the accounts of
# tempauth at /auth/v1.0, S3 at /. The account is `test:tester` with the secret in `swift/key`, which S3 takes as
# access key and secret key too. `swift/keystone-port` is the port of the proxy that asks Keystone.
#
# Everything listens on free ports of 127.0.0.1. Needs root for the installation only.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=SCRIPTDIR/../interop/reference-keystone.sh
source "$(dirname "${BASH_SOURCE[0]}")/../interop/reference-keystone.sh"

readonly swift_packages=(swift-proxy swift-account swift-container swift-object memcached)

# One ring a kind of server, with a single device.
make_rings() {
  local folder=$1 kind
  for kind in account container object; do
    swift-ring-builder "$folder/$kind.builder" create 4 1 1
    swift-ring-builder "$folder/$kind.builder" add "r1z1-127.0.0.1:$(<"$folder/$kind-port")/disk" 1
    swift-ring-builder "$folder/$kind.builder" rebalance
  done >"$folder/rings.log"
}

storage_configuration() {
  local folder=$1 kind=$2
  cat <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $(<"$folder/$kind-port")
user = $(id -un)
swift_dir = $folder
devices = $folder/devices
mount_check = false
workers = 0
fallocate_reserve = 0
log_address = $folder/no-log
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
# A machine that is busy with tests is no reason to let listings lag behind.
container_update_timeout = 30
conn_timeout = 10
node_timeout = 30
CONF
}

# What is in front of the proxy: tempauth with S3, or Keystone.
authentication() {
  local folder=$1
  if [[ $2 == tempauth ]]; then
    cat <<CONF
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = $(<"$folder/key") .admin
user_other_stranger = $(<"$folder/key")
CONF
    return
  fi
  cat <<CONF
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = http://127.0.0.1:$(<"$folder/../keystone/port")/v3
auth_url = http://127.0.0.1:$(<"$folder/../keystone/port")/v3
auth_type = password
user_domain_id = default
project_domain_id = default
project_name = service
username = glance
password = $(<"$folder/../keystone/service-password")
delay_auth_decision = true
token_cache_time = -1
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member
CONF
}

proxy_configuration() {
  local folder=$1 kind=$2 port=$3 filters=$4
  cat <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
user = $(id -un)
swift_dir = $folder
workers = 0
log_address = $folder/no-log
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk $filters copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 10
node_timeout = 60
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$(<"$folder/memcached-port")
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
$(authentication "$folder" "$kind")
CONF
}

# Runs a program in the background, its output in a log of its NAME.
run_beside() {
  local folder=$1 name=$2
  shift 2
  "$@" >"$folder/$name.log" 2>&1 &
  echo $! >>"$folder/pids"
}

start_swift() {
  local folder=$1 kind
  mkdir -p "$folder/devices/disk"
  secret >"$folder/key"
  cat >"$folder/swift.conf" <<CONF
[swift-hash]
swift_hash_path_prefix = vitrine
swift_hash_path_suffix = vitrine
[storage-policy:0]
name = only
default = yes
CONF
  for kind in account container object memcached; do free_port >"$folder/$kind-port"; done
  make_rings "$folder"
  run_beside "$folder" memcached memcached -l 127.0.0.1 -p "$(<"$folder/memcached-port")" -U 0 -u "$(id -un)" -I 2m
  for kind in account container object; do
    storage_configuration "$folder" "$kind" >"$folder/$kind-server.conf"
    run_beside "$folder" "$kind" "swift-$kind-server" "$folder/$kind-server.conf" -v
  done
  start_proxy "$folder" tempauth port 's3api tempauth'
}

start_proxy() {
  local folder=$1 kind=$2 port_file=$3 filters=$4 port
  port=$(free_port)
  proxy_configuration "$folder" "$kind" "$port" "$filters" >"$folder/$kind-proxy.conf"
  run_beside "$folder" "$kind-proxy" swift-proxy-server "$folder/$kind-proxy.conf" -v
  await_answer "http://127.0.0.1:$port/healthcheck" "$folder/$kind-proxy.log"
  echo "$port" >"$folder/$port_file"
}

# A proxy behind Keystone, whose catalog then names it.
add_keystone() {
  local directory=$1 keystone_url
  install_packages "${keystone_packages[@]}" python3-keystonemiddleware >&2
  keystone_url=$(keystone_with_accounts "$directory" http://127.0.0.1:1)
  start_proxy "$directory/swift" keystone keystone-port 'authtoken keystoneauth'
  "$python" - "$directory/clouds.yaml" "http://127.0.0.1:$(<"$directory/swift/keystone-port")/v1/AUTH_%(project_id)s" <<'PYTHON'
import sys

import openstack

clouds, url = sys.argv[1:]
cloud = openstack.config.OpenStackConfig(config_files=[clouds]).get_one("vitrine-admin")
identity = openstack.connection.Connection(config=cloud).identity
swift = identity.create_service(name="swift", type="object-store")
for interface in ("public", "internal"):
    identity.create_endpoint(service_id=swift.id, interface=interface, url=url, region_id="RegionOne")
PYTHON
  echo "$keystone_url"
}

stop_everything() {
  local directory=$1 pid
  stop_service "$directory" keystone
  if [[ -f $directory/swift/pids ]]; then
    while read -r pid; do kill -TERM "$pid" 2>/dev/null || true; done <"$directory/swift/pids"
    sleep 0.3
    while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done <"$directory/swift/pids"
  fi
  rm -rf "$directory"
}

usage="usage: $0 start DIRECTORY | keystone DIRECTORY | stop DIRECTORY"
directory=$(realpath -m "${2:?$usage}")
case ${1:-} in
  start)
    install_packages "${swift_packages[@]}" >&2
    mkdir -p "$directory"
    chmod 700 "$directory"
    start_swift "$directory/swift"
    ;;
  keystone) add_keystone "$directory" ;;
  stop) stop_everything "$directory" ;;
  *)
    echo "$usage" >&2
    exit 2
    ;;
esac
