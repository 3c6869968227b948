#!/usr/bin/env bash
# compare.sh: compares snarkfee with other ways to do the same, in one run on one machine: reading
# metrics text and snark pool (benches/wire.rs), and one look against the same reads by the Python
# package mina-sdk. Also prints the size of the program and the time to its first decision.
#
# Needs Rust and Python 3 with venv; the package goes into a virtual environment below the target
# folder. LOOKS sets the number of looks (50).
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/compare

reads=$(cargo bench --locked --bench reads --no-run --message-format=json |
  sed -n 's/.*"name":"reads".*"executable":"\([^"]*\)".*/\1/p')
cargo build --profile dist --locked
if [[ ! -x $venv/bin/python ]]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet mina-sdk==0.4.0rc2
fi
printf 'load before: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
"$venv/bin/python" benches/compare.py "$target/dist/snarkfee" "$reads"
cargo bench --locked --bench wire
printf 'load after: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
