#!/usr/bin/env bash
# Kills the runtime with kill -9 in the middle of a workflow, starts it again, and shows that the
# workflow goes on where it stopped, with no completed step run twice.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
trivium=${TRIVIUM_BIN:-$here/../../build/release/trivium}
work=$(mktemp -d)
runtime=
trap '[ -z "$runtime" ] || kill -9 "$runtime" 2>/dev/null || true; rm -rf "$work"' EXIT
cp -r "$here/src" "$work/src"
cd "$work"

# Runs the application until a line of its log contains "$2".
run_until() {
  local log=$1 text=$2
  mkfifo "$work/pipe"
  "$trivium" run 2>"$work/pipe" &
  runtime=$!
  local line
  while IFS= read -r line; do
    printf '    %s\n' "$line"
    printf '%s\n' "$line" >>"$log"
    if [[ $line == *"$text"* ]]; then break; fi
  done <"$work/pipe"
  rm "$work/pipe"
}

echo "==> start: an order begins; its card is charged, then it waits on a durable timer"
run_until first.log "the workflow says: charged"
echo "==> kill -9"
kill -9 "$runtime"
wait "$runtime" 2>/dev/null || true
echo "==> start again: nothing is told about the order, the runtime remembers"
run_until second.log "order finished"
kill -TERM "$runtime"
wait "$runtime" || true
runtime=

echo "==> how often each step ran, over both runs:"
failed=0
for step in "price" "reserve stock" "charge card" "ship"; do
  count=$(cat first.log second.log | grep -c "step: $step" || true)
  printf '    %-14s %s\n' "$step" "$count"
  [ "$count" = 1 ] || failed=1
done
if [ "$failed" = 0 ]; then
  echo "==> every step ran exactly once"
else
  echo "==> a step did not run exactly once" >&2
  exit 1
fi
