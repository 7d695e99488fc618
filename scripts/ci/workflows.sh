#!/usr/bin/env bash
# Lints .github/workflows with actionlint, a Go module, which is installed where it is not there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

VERSION=v1.7.12
bin="$PWD/node_modules/.cache/actionlint"
if [[ ! -x "$bin/actionlint" ]]; then GOBIN="$bin" go install "github.com/rhysd/actionlint/cmd/actionlint@$VERSION"; fi
"$bin/actionlint" -no-color .github/workflows/*.yml
