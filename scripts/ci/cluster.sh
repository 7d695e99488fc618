#!/usr/bin/env bash
# cluster.sh KIT: installs what a kit for real nodes needs of Debian, as root, and has the kit make its base images where the end-to-end
# test looks for them (test/e2e/kit.ts), which would make them itself, later. What is there already is left alone. Nothing is started.
set -euo pipefail
kit="$(realpath "$1")"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export DEBIAN_FRONTEND=noninteractive
# Scripts of packages start no service in runlevel 1, which is for maintenance.
export RUNLEVEL=1

wanted=()
for package in containerd runc buildah conntrack mmdebstrap iptables containernetworking-plugins iproute2 openssl curl; do
  if [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then wanted+=("$package"); fi
done
if ((${#wanted[@]} > 0)); then
  apt-get update -qq >&2
  apt-get install -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends --no-upgrade "${wanted[@]}" >&2
fi
mkdir -p node_modules/.cache/e2e
"$kit/base-images" node_modules/.cache/e2e debian
