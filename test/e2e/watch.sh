#!/usr/bin/env bash
# watch.sh KIT FOLDER: waits until nobody writes to it any more, which is when the tests have ended, in whatever way; then ends the
# programs whose process groups were told ("start N", "end N"), takes the cluster in FOLDER/cluster down and removes FOLDER.
# What an earlier run left whose watcher was killed as well, it removes first.
set -uo pipefail
# Who stops the tests tells everybody; this must outlive them.
trap '' HUP INT TERM
kit="$1" folder="$2"

remove() { # FOLDER
  "$kit/down" "$1/cluster" && rm -rf --one-file-system "$1"
}

# A lock that a living watcher holds. It gets its name when it is held, so that nobody finds it free in between.
exec 9>"$folder/lock.new"
flock 9
mv "$folder/lock.new" "$folder/lock"
for left in "${folder%-*}"-*; do
  [[ -f "$left/lock" && "$left" != "$folder" ]] || continue
  if (flock --nonblock 8 && remove "$left") 8<"$left/lock"; then echo "removed what an earlier run left: $left" >&2; fi
done

declare -A running
while read -r word group; do
  case "$word" in
    start) running[$group]=1 ;;
    end) unset "running[$group]" ;;
  esac
done
for group in "${!running[@]}"; do kill -KILL -- "-$group" 2>/dev/null || true; done
remove "$folder" || exit 1
