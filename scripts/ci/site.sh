#!/usr/bin/env bash
# Builds the documentation as a site; a link that leads nowhere fails it. The pages are then in site/dist.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../site"

npm ci --no-fund --no-audit
npm run --silent build
[[ -s dist/index.html && -s dist/docs/getting-started.html ]] || {
  echo "the site lacks its first pages" >&2
  exit 1
}
compgen -G "dist/assets/chunks/*localSearchIndex*" >/dev/null || {
  echo "the site has nothing to search in" >&2
  exit 1
}
