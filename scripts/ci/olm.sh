#!/usr/bin/env bash
# Validates the OLM bundle that `scripts/release bundle` made, with operator-verify, a Go module, which is installed where it is not there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

VERSION=v0.9.1
bin="$PWD/node_modules/.cache/operator-verify"
if [[ ! -x "$bin/operator-verify" ]]; then
  GOBIN="$bin" go install "github.com/operator-framework/api/cmd/operator-verify@$VERSION"
fi
"$bin/operator-verify" manifests dist/release/bundle/manifests
