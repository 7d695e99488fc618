#!/usr/bin/env bash
# Installs what a kit for real nodes needs of Debian, as root. What is there already is left alone. Nothing is started.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
# Scripts of packages start no service in runlevel 1, which is for maintenance.
export RUNLEVEL=1

wanted=()
for package in containerd runc buildah conntrack mmdebstrap iptables containernetworking-plugins iproute2 openssl curl; do
  if [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then wanted+=("$package"); fi
done
if ((${#wanted[@]} == 0)); then exit 0; fi
apt-get update -qq >&2
apt-get install -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends --no-upgrade "${wanted[@]}" >&2
