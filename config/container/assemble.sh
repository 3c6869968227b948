#!/bin/sh
# assemble.sh PROGRAM FOLDER: lays everything that the program needs at run time into a new folder, the root of an image.
set -eu
program=$1
root=$2

mkdir -p "$root/etc/ssl/certs" "$root/etc/snarkfee" "$root/var/lib/snarkfee" "$root/usr/share/zoneinfo"
cp "$program" "$root/snarkfee"
chmod 0755 "$root/snarkfee"

# The loader and the C library, at the paths that the program names.
ldd "$program" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) { print $i; break } }' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Names of hosts from /etc/hosts and DNS; both are part of the C library since glibc 2.34.
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'snarkfee:x:65532:65532::/var/lib/snarkfee:/nonexistent\n' >"$root/etc/passwd"
printf 'snarkfee:x:65532:\n' >"$root/etc/group"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# Tariffs may name a time zone.
if [ -d /usr/share/zoneinfo ]; then
  cp -R /usr/share/zoneinfo/. "$root/usr/share/zoneinfo/"
fi
chown -R 65532:65532 "$root/var/lib/snarkfee" 2>/dev/null || chmod 0777 "$root/var/lib/snarkfee"
