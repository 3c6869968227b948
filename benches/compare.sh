#!/usr/bin/env bash
# compare.sh: what snarkfee takes beside other ways to the same ends, in one run on one machine: reading metrics text and snark pool
# (benches/wire.rs), one look beside the same reads by the Python package mina-sdk, size of the program, time to its first decision.
#
# Needs Rust and Python 3 with venv; the package goes into a virtual environment below the target folder. LOOKS (50) sets how many.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/compare

reads=$(cargo bench --locked --bench reads --no-run --message-format=json |
  sed -n 's/.*"name":"reads".*"executable":"\([^"]*\)".*/\1/p')
# Last: a benchmark brings a program of its own profile to the same place.
cargo build --release --locked
if [[ ! -x $venv/bin/python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet mina-sdk==0.4.0rc2
fi
printf 'load before: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
"$venv/bin/python" benches/compare.py "$target/release/snarkfee" "$reads"
cargo bench --locked --bench wire
printf 'load after: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
