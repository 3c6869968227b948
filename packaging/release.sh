#!/usr/bin/env bash
# release.sh [FOLDER]: makes what a release consists of, in FOLDER (target/dist-files): the Debian
# package, a program that needs no library, the image, a bill of materials, and checksums.
#
# Needs Rust with the musl target (`rustup target add`), musl-tools, cargo-deb and buildah, root for
# the image, and the dependencies (`cargo fetch --locked`): it uses no network. What lacks its tool is
# left out, and said; with STRICT=1 that is an error. PROFILE is `dist` unless set.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
trap 'printf "\nFAILED at line %s\n" "$LINENO" >&2' ERR
export CARGO_NET_OFFLINE=true

target=${CARGO_TARGET_DIR:-target}
profile=${PROFILE:-dist}
out=${1:-$target/dist-files}
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
host=$(rustc -vV | sed -n 's/^host: \([^-]*\)-.*/\1/p')
name=snarkfee-$version-$host

say() { printf '\n== %s\n' "$*"; }
without() {
  printf 'left out, since %s\n' "$*"
  [[ -z ${STRICT:-} ]] || exit 1
}

rm -rf "$out"
mkdir -p "$out"

say "bill of materials"
packaging/sbom.py >"$out/$name.cdx.json"

say "program"
cargo build --profile "$profile" --locked

say "Debian package"
if cargo deb --version >/dev/null 2>&1; then
  cp "$(packaging/deb.sh "$profile")" "$out/"
else
  without "cargo-deb is missing"
fi

say "image"
if command -v buildah >/dev/null && [[ $(id -u) -eq 0 ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work" target/image' EXIT
  rm -rf target/image
  config/container/assemble.sh "$target/$profile/snarkfee" target/image
  config/licences.sh >target/image/third-party-licences.txt
  build=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)
  "${build[@]}" bud --isolation chroot --format docker --build-arg ROOT=prebuilt \
    -f config/container/Containerfile -t "snarkfee:$version" .
  "${build[@]}" push "snarkfee:$version" "docker-archive:$out/$name-image.tar:snarkfee:$version"
  gzip -n9 "$out/$name-image.tar"
else
  without "buildah is missing, or this is not root"
fi

say "static program"
musl=$host-unknown-linux-musl
if command -v musl-gcc >/dev/null && [[ -d $(rustc --print sysroot)/lib/rustlib/$musl ]]; then
  cargo build --profile "$profile" --locked --target "$musl"
  folder=$target/static/$name
  rm -rf "$folder"
  mkdir -p "$folder/man" "$folder/completions"
  cp "$target/$musl/$profile/snarkfee" README.md CHANGELOG.md LICENSE config/systemd/snarkfee.service "$folder/"
  config/licences.sh >"$folder/third-party-licences.txt"
  "$folder/snarkfee" man --folder "$folder/man"
  for shell in bash zsh fish; do
    "$folder/snarkfee" completions "$shell" >"$folder/completions/snarkfee.$shell"
  done
  # The same input makes the same archive.
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" \
    -C "$target/static" -c "$name" | gzip -n9 >"$out/$name-static.tar.gz"
else
  without "musl-tools or the Rust target $musl is missing"
fi

say "checksums"
(cd "$out" && sha256sum -- * >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
ls -l "$out"
