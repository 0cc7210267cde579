#!/usr/bin/env bash
# Sharing an image between two projects, call by call, as the Images API guide shows it: with curl alone.
# docs/sharing-guide.md tells how to get the variables, and what each step means.
#
#   API_ENDPOINT    the Images API without a version, such as http://127.0.0.1:9292
#   AUTH_TOKEN      a token of the producer, the project that owns the image
#   CONSUMER_TOKEN  a token of the consumer, the project that the image is shared with
#   CONSUMER_ID     the consumer's project id
#
# Every call must answer as the guide says; the script stops at the first that does not.
set -euo pipefail
: "${API_ENDPOINT:?is the Images API, such as http://127.0.0.1:9292}"
: "${AUTH_TOKEN:?is a token of the project that shares}"
: "${CONSUMER_TOKEN:?is a token of the project to share with}"
: "${CONSUMER_ID:?is the id of the project to share with}"

# Any status of 400 or above ends the script, with the answer printed.
curl() { command curl --silent --show-error --fail-with-body --write-out '\n' "$@"; }

say() { printf '\n# %s\n' "$*"; }

# Runs a curl command and checks the status of its answer, for the steps where the status says it all.
expect() {
  local status
  status=$(command curl --silent --show-error --output /dev/null --write-out '%{http_code}' "${@:2}")
  echo "$status"
  [[ $status == "$1" ]] || { echo "expected $1" >&2; exit 1; }
}

# ---------------------------------------------------------------------------------------------------
say 'Producer: create an image. It is shared by default, with nobody so far.'

image=$(curl -X POST "$API_ENDPOINT/v2/images" \
  -H "X-Auth-Token: $AUTH_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"name": "golden", "disk_format": "raw", "container_format": "bare"}')
echo "$image"
IMAGE_ID=$(sed -n 's/.*"id": *"\([0-9a-f-]*\)".*/\1/p' <<<"$image")

say 'Producer: upload the data. The answer is 204, and the image turns active.'

printf 'hello' | expect 204 -X PUT "$API_ENDPOINT/v2/images/$IMAGE_ID/file" \
  -H "X-Auth-Token: $AUTH_TOKEN" \
  -H "Content-Type: application/octet-stream" \
  --data-binary @-

say 'Consumer: the image is not there yet.'

expect 404 "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $CONSUMER_TOKEN"

# ---------------------------------------------------------------------------------------------------
say 'Producer: add the consumer. The new member is pending.'

curl -X POST "$API_ENDPOINT/v2/images/$IMAGE_ID/members" \
  -H "X-Auth-Token: $AUTH_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"member": "'"$CONSUMER_ID"'"}'

say 'Producer: member ids are opaque; these are the ones that the guides use. No Content-Type is needed.'

curl -X POST "$API_ENDPOINT/v2/images/$IMAGE_ID/members" -H "X-Auth-Token: $AUTH_TOKEN" -d '{"member": "123456"}'
curl -X POST "$API_ENDPOINT/v2/images/$IMAGE_ID/members" -H "X-Auth-Token: $AUTH_TOKEN" -d '{"member": "9876543"}'

say 'Producer: list the members, and show one.'

curl "$API_ENDPOINT/v2/images/$IMAGE_ID/members" -H "X-Auth-Token: $AUTH_TOKEN"
curl "$API_ENDPOINT/v2/images/$IMAGE_ID/members/123456" -H "X-Auth-Token: $AUTH_TOKEN"

say 'Consumer: list the members. A consumer sees itself, never the others.'

curl "$API_ENDPOINT/v2/images/$IMAGE_ID/members" -H "X-Auth-Token: $CONSUMER_TOKEN"

# ---------------------------------------------------------------------------------------------------
say 'Consumer: the producer said the id; the image can be shown and used before it is accepted.'

curl "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $CONSUMER_TOKEN"

say 'Consumer: what waits for my answer?'

curl "$API_ENDPOINT/v2/images?visibility=shared&member_status=pending" -H "X-Auth-Token: $CONSUMER_TOKEN"

say 'Producer: only the consumer answers, so this is 403.'

expect 403 -X PUT "$API_ENDPOINT/v2/images/$IMAGE_ID/members/$CONSUMER_ID" \
  -H "X-Auth-Token: $AUTH_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"status": "accepted"}'

say 'Consumer: accept. From now on the image is in the list of images.'

curl -X PUT "$API_ENDPOINT/v2/images/$IMAGE_ID/members/$CONSUMER_ID" \
  -H "X-Auth-Token: $CONSUMER_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{"status": "accepted"}'
curl "$API_ENDPOINT/v2/images?name=golden" -H "X-Auth-Token: $CONSUMER_TOKEN"

say 'Consumer: download the data.'

curl "$API_ENDPOINT/v2/images/$IMAGE_ID/file" -H "X-Auth-Token: $CONSUMER_TOKEN"

say 'Consumer: the image is read-only for me, and a consumer leaves by rejecting, not by deleting.'

expect 403 -X DELETE "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $CONSUMER_TOKEN"
expect 403 -X DELETE "$API_ENDPOINT/v2/images/$IMAGE_ID/members/$CONSUMER_ID" -H "X-Auth-Token: $CONSUMER_TOKEN"
curl -X PUT "$API_ENDPOINT/v2/images/$IMAGE_ID/members/$CONSUMER_ID" \
  -H "X-Auth-Token: $CONSUMER_TOKEN" \
  -d '{"status": "rejected"}'

# ---------------------------------------------------------------------------------------------------
say 'Producer: take the image back. The answer is 204, and the consumer has nothing at once.'

expect 204 -X DELETE "$API_ENDPOINT/v2/images/$IMAGE_ID/members/$CONSUMER_ID" -H "X-Auth-Token: $AUTH_TOKEN"
expect 404 "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $CONSUMER_TOKEN"
expect 404 "$API_ENDPOINT/v2/images/$IMAGE_ID/file" -H "X-Auth-Token: $CONSUMER_TOKEN"

say 'Producer: delete the image; its members go with it.'

expect 204 -X DELETE "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $AUTH_TOKEN"
expect 404 "$API_ENDPOINT/v2/images/$IMAGE_ID" -H "X-Auth-Token: $AUTH_TOKEN"
