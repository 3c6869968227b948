#!/bin/sh
# assemble.sh PROGRAM FOLDER: copies the program and what it needs at run time into FOLDER, the root
# of an image.
set -eu
program=$1
root=$2

mkdir -p "$root/etc/ssl/certs" "$root/etc/snarkfee" "$root/var/lib/snarkfee" "$root/usr/share/zoneinfo"
# Where runtimes mount; some cannot make the folders in a root that is read-only.
mkdir -p "$root/proc" "$root/dev" "$root/sys"
cp "$program" "$root/snarkfee"
chmod 0755 "$root/snarkfee"

# The loader and the C library, at the paths the program expects.
ldd "$program" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) { print $i; break } }' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Host names from /etc/hosts and DNS; the C library itself has both since glibc 2.34.
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'snarkfee:x:65532:65532::/var/lib/snarkfee:/nonexistent\n' >"$root/etc/passwd"
printf 'snarkfee:x:65532:\n' >"$root/etc/group"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# For tariffs with a time zone.
if [ -d /usr/share/zoneinfo ]; then
  cp -R /usr/share/zoneinfo/. "$root/usr/share/zoneinfo/"
fi
# The image makes it the service's own; where this folder is used as it is, root must.
chown -R 65532:65532 "$root/var/lib/snarkfee" 2>/dev/null || chmod 0777 "$root/var/lib/snarkfee"
