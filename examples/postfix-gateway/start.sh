#!/bin/sh
# Starts Postfix in the foreground, and lets it read its tables again when kubelet has replaced a mounted ConfigMap.
# A cdb table needs no reload; texthash tables are read once by each process. Set RELOAD_FOLDERS="routing recipients" where
# the recipients are texthash too. Do not reload more often than every few seconds: see docs/consumers.md.
set -eu

folder="$(postconf -hx sync_folder)"
every="${RELOAD_SECONDS:-5}"
watched="${RELOAD_FOLDERS:-routing}"

# kubelet replaces the link ..data of a volume: where it points to names what is mounted.
mounted() {
  for name in $watched; do readlink "$folder/$name/..data" || true; done
}

# $$ is this script, and Postfix after exec.
watch() {
  seen="$(mounted)"
  while sleep "$every" && kill -0 $$ 2>/dev/null; do
    now="$(mounted)"
    if [ "$now" != "$seen" ] && postfix reload; then seen="$now"; fi
  done
}

watch &
exec postfix start-fg
