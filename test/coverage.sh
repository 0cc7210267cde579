#!/usr/bin/env bash
# Runs the tests of `npm test` and those on PostgreSQL with Node's own coverage, of the processes that they start too, and prints what
# of src/ ran; below the limits it fails. The console is covered by `npm run test:console`, in a browser.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

NODE_V8_COVERAGE="$folder/raw" node --test --test-reporter=dot --test-concurrency=2 \
  --test-global-setup=test/support/postgres/setup.ts \
  "src/**/*.test.ts" "test/api/**/*.test.ts" "test/contract/**/*.test.ts" "test/acceptance/**/*.test.ts" \
  "test/postgres/**/*.test.ts" test/security/audit.test.ts

report() {
  npm run --silent coverage:report -- --temp-directory "$folder/raw" --reports-dir "$folder/report" "$@"
}
report --include 'src/**' --reporter text --check-coverage --lines 95 --branches 90
for rules in src/domain/policy.ts src/domain/visibility.ts src/domain/member.ts; do
  report --include "$rules" --reporter text-summary --check-coverage --lines 100 --branches 100
done
