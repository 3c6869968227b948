#!/usr/bin/env bash
# deb.sh [PROFILE]: builds the Debian package and prints only its path to standard output.
#
# Needs Rust and cargo-deb (`cargo install cargo-deb --locked`). The profile is `dist` unless another
# is given.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
profile=${1:-dist}
target=${CARGO_TARGET_DIR:-target}
made=$target/package

printf '== program, manual pages, completions\n' >&2
cargo build --profile "$profile" --locked >&2
rm -rf "$made"
mkdir -p "$made"
"$target/$profile/snarkfee" man --folder "$made"
config/licences.sh >"$made/third-party-licences.txt"
for shell in bash zsh fish; do
  "$target/$profile/snarkfee" completions "$shell" >"$made/snarkfee.$shell"
done
# cargo-deb maps only the program's path in Cargo.toml, target/release, to the real target
# directory and profile; the other assets are taken from target/package.
mkdir -p target
if [[ $(realpath "$target") != $(realpath target) ]]; then
  rm -rf target/package
  cp -R "$made" target/package
fi

printf '\n== package\n' >&2
cargo deb --profile "$profile" --no-build --no-strip --locked | tail -n 1
