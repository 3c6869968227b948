#!/usr/bin/env bash
# Plants five bugs into a copy of the tree, and shows that the simulation finds each: how far into
# which seed, and by which promise. The bugs are in a patch, not in the program, so that nothing that
# is released can be switched to misbehave. Fails where one is not found within the looks.
set -eu
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"
copy=$(mktemp -d)
trap 'git worktree remove --force "$copy/tree"; rm -rf "$copy"' EXIT
git worktree add --quiet --detach "$copy/tree"
patch=$PWD/tests/dst/planted.patch
cd "$copy/tree"
git apply "$patch"
${CARGO:-cargo} test --quiet --release --test dst --no-run
missed=0
for bug in guard_removed unguarded_exit pause_forgotten sent_twice wall_deadline; do
  if SNARKFEE_PLANTED=$bug SNARKFEE_DST_LOOKS=${LOOKS:-100000} SNARKFEE_DST_SEEDS=20 \
    ${CARGO:-cargo} test --quiet --release --test dst storms_ -- --ignored --nocapture >"$copy/log" 2>&1; then
    echo "$bug: NOT FOUND"
    missed=1
  else
    echo "$bug: $(grep -m1 '^seed .*, look ' "$copy/log")"
    grep -m1 '^episode ' "$copy/log"
    grep -m1 'faults are left' "$copy/log"
  fi
done
exit $missed
