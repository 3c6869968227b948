#!/usr/bin/env bash
# licences.sh: prints the licences of the crates that the program is built from, each text once.
#
# Needs what a build has fetched. Fails where a crate is there that names no licence.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sources=(${CARGO_HOME:-$HOME/.cargo}/registry/src/*/)
declare -A text_of crates_of
list=
while IFS='|' read -r package licence; do
  [[ $package == *"("* ]] && continue
  name=${package% v*} version=${package##* v}
  [[ -n $licence ]] || { printf '%s names no licence\n' "$package" >&2; exit 1; }
  list+="$name $version: $licence"$'\n'
  for source in "${sources[@]}"; do
    for file in "$source$name-$version"/{LICEN[CS]E,COPYING,NOTICE,COPYRIGHT}*; do
      [[ -f $file ]] || continue
      sum=$(sha256sum <"$file")
      text_of[$sum]=$file
      crates_of[$sum]+="$name $version, "
    done
  done
done < <(cargo tree --locked --package snarkfee --edges normal --prefix none --format '{p}|{l}' | sed 's/ (\*)$//' | sort -u)

printf 'snarkfee is under the Apache License 2.0. It is built from these crates:\n\n%s' "$list"
for sum in $(printf '%s\n' "${!text_of[@]}" | cut -d' ' -f1 | sort); do
  sum="$sum  -"
  printf '\n%s\n%s\n\n' "$(printf '=%.0s' {1..80})" "${crates_of[$sum]%, }"
  cat "${text_of[$sum]}"
done
