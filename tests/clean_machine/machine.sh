# shellcheck shell=sh
# A clean Debian that is worked in as on a machine, sourced by the scripts here after tests/support/clean_debian.sh. It is
# a tree of files with mount and process namespaces of its own: however this ends, no mount and no process of it stays.
# It uses this machine's network, kernel and devices.
#
#   enter_machine COMMAND...   in $root, where the packages that apt downloads are those of $cache/archives
#   copy_certificates          those that this machine trusts beside Debian's own, into $root
#   $shared                    directories of this machine that are at the same place in there; one a line

shared=

# Makes the root a system to work on: file systems, this machine's devices, and a root that has no way out, since
# systemd-nspawn and dockerd change their own root in there, which a chroot does not allow.
# shellcheck disable=SC2016
as_machine='
  root=$1
  archives=$2
  shared=$3
  shift 3
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount --bind "$archives" "$root/var/cache/apt/archives"
  printf "%s" "$shared" | while read -r each; do
    mkdir -p "$root$each"
    mount --bind "$each" "$root$each"
  done
  mkdir -p "$root/mnt/outside"
  cd "$root"
  pivot_root . mnt/outside
  cd /
  umount --lazy /mnt/outside
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" sh -c "cd && exec \"\$@\"" sh "$@"'
# shellcheck disable=SC2154
enter_machine() { contained sh -euc "$as_machine" sh "$root" "$cache/archives" "$shared" "$@"; }

# As behind the proxy of a company.
copy_certificates() {
  mkdir -p "$root/usr/local/share/ca-certificates"
  for each in /usr/local/share/ca-certificates/*.crt; do
    [ ! -e "$each" ] || cp "$each" "$root/usr/local/share/ca-certificates/"
  done
  enter_machine update-ca-certificates > "$cache/certificates.log" 2>&1 || { cat "$cache/certificates.log" >&2; return 1; }
}
