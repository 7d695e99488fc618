#!/usr/bin/env bash
# watch.sh KIT FOLDER: waits until nobody writes to it any more, which is when the tests have ended, in whatever way; then ends the
# programs whose process groups were told ("start N", "end N"), takes the cluster in FOLDER/cluster down and removes FOLDER.
set -uo pipefail
kit="$1" folder="$2"
declare -A running
while read -r word group; do
  case "$word" in
    start) running[$group]=1 ;;
    end) unset "running[$group]" ;;
  esac
done
for group in "${!running[@]}"; do kill -KILL -- "-$group" 2>/dev/null || true; done
"$kit/down" "$folder/cluster" || exit 1
rm -rf --one-file-system "$folder"
