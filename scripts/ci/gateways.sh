#!/usr/bin/env bash
# Installs the mail gateways that test/extended/gateways starts, on a Debian machine as root, and prints the folders of
# those that are not in PATH, as PATH takes them. Postfix, tinycdb, systemd (for systemd-analyze) and Rspamd are installed; Exim cannot be, beside Postfix: it is unpacked.
# What is there already is left alone. Nothing is started. Rspamd is left out where Debian does not have it.
set -euo pipefail

cache="/var/cache/o365-sync-operator/exim"
export DEBIAN_FRONTEND=noninteractive
# Scripts of packages start no service in runlevel 1, which is for maintenance.
export RUNLEVEL=1

updated=false
update() {
  if [[ "$updated" == false ]]; then apt-get update -qq >&2; fi
  updated=true
}
has() { [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }
available() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

wanted=()
for package in postfix postfix-cdb tinycdb systemd rspamd; do
  if has "$package"; then continue; fi
  update
  if [[ "$package" == rspamd ]] && ! available rspamd; then
    echo "Debian has no rspamd here: its tests are skipped" >&2
    continue
  fi
  wanted+=("$package")
done
if ((${#wanted[@]} > 0)); then
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
  apt-get install -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends --no-upgrade "${wanted[@]}" >&2
fi

if [[ ! -x "$cache/usr/sbin/exim4" ]]; then
  update
  mapfile -t libraries < <(apt-cache depends exim4-daemon-light | awk '/^ +Depends: lib/ {print $2}')
  apt-get install -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends --no-upgrade "${libraries[@]}" >&2
  unpacked="$(mktemp -d)"
  trap 'rm -rf "$unpacked"' EXIT
  chmod 755 "$unpacked"
  (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root exim4-daemon-light >&2)
  mkdir -p "$cache"
  dpkg-deb --extract "$unpacked"/*.deb "$cache"
fi
# Debian's Exim looks its user up when it starts.
if ! id Debian-exim >/dev/null 2>&1; then
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin Debian-exim
fi
# Haraka is no dependency of this project's package: 55 packages for one test.
haraka="/var/cache/o365-sync-operator/haraka"
version="3.3.4"
if ! grep -qs "\"version\": \"$version\"" "$haraka/node_modules/Haraka/package.json"; then
  mkdir -p "$haraka"
  npm install --prefix "$haraka" --ignore-scripts --omit=optional --no-fund --no-audit --no-package-lock --loglevel=error \
    "Haraka@$version" >&2
fi
echo "$cache/usr/sbin:$haraka/node_modules/.bin"
