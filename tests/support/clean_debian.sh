# shellcheck shell=sh
# A clean Debian for tests of packages and of fresh machines, sourced by the scripts that make one: kept as a tar in a
# cache, and unpacked for each run. Must run as root.
#
#   cache=DIRECTORY root=$cache/root     set by whoever sources this
#   release=NAME                         likewise: bookworm (Debian 12) or trixie (13); empty: that of this machine
#   say TEXT; remove PATH...; contained [unshare's options] COMMAND...; $enter
#   bootstrap_debian                     a minimal Debian into $root
#   forbid_services                      keeps what is installed into $root from being started
#   keep_debian TAR OLD...               packs $root, once OLD, the tars it replaces, are gone
#   unpack_debian TAR                    makes $root of what was packed
#   make_packages BUILD                  drcon's debs, into $cache/packages
#   clean_debian TOOL...                 unpacks a Debian with these packages into $root

# shellcheck disable=SC1091
release=${release:-$(. /etc/os-release; echo "$VERSION_CODENAME")}

say() { printf '%s %s: %s\n' "$(date +%T)" "$(basename "$cache")" "$*"; }

# Never beyond the file system: should anything be mounted in there, it is not ours to delete.
remove() { rm -rf --one-file-system "$@"; }

# Ends with this shell, even when that is killed; its mounts go with it.
contained() { setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@"; }

# In the root $1: $2... with what a program expects of a system.
# shellcheck disable=SC2016,SC2034
enter='
  root=$1
  shift
  mount -t proc proc "$root/proc"
  for each in null zero full random urandom; do
    [ -e "$root/dev/$each" ] || : > "$root/dev/$each"
    mount --bind "/dev/$each" "$root/dev/$each"
  done
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
  exec chroot "$root" "$@"'

make_packages() {
  say "making the packages"
  remove "$cache/packages"
  cpack --config "$1/CPackConfig.cmake" -G DEB -B "$cache/packages" > "$cache/cpack.log" 2>&1 ||
    { cat "$cache/cpack.log" >&2; exit 1; }
  remove "$cache/packages/_CPack_Packages"
}

bootstrap_debian() {
  remove "$root"
  mirror=$("$packaging/install-deps" --mirror)
  say "debootstrap of $release from $mirror"
  debootstrap --variant=minbase "$release" "$root" "$mirror" > "$cache/debootstrap.log" 2>&1 ||
    { tail -n 20 "$cache/debootstrap.log" >&2; return 1; }
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # Whoever pulls the plug makes it again: dpkg need not wait for the disk.
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/force-unsafe-io"
}

keep_debian() {
  kept=$1
  shift
  remove "$@"
  tar -C "$root" --one-file-system -cf "$kept.new" .
  mv "$kept.new" "$kept"
}

unpack_debian() {
  remove "$root"
  mkdir "$root"
  tar -C "$root" -xf "$1"
}

# What is in the cache is what these tools and the packages' dependencies make.
clean_debian() {
  depends=$(for each in "$cache"/packages/*.deb; do dpkg-deb -f "$each" Depends; done)
  base=$cache/base-$(printf '%s\n' "$*" "$depends" | sha256sum | cut -c 1-12).tar
  [ -e "$base" ] || make_clean_debian "$@"
  unpack_debian "$base"
}

# Servers of $root are started by who needs them, and not because they were installed.
forbid_services() {
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
}

make_clean_debian() {
  bootstrap_debian
  "$packaging/install-deps" --consul-source "$root"
  forbid_services
  cp "$cache"/packages/drcon*.deb "$root/tmp/"
  say "installing $*"
  # What drcon's packages depend on is fetched, and not installed: apt has to do that later, from the packages alone.
  contained sh -euc "$enter" sh "$root" sh -euc '
    apt-get update -q
    apt-get install -y -q --no-install-recommends "$@"
    apt-get install -y -q --no-install-recommends --download-only /tmp/drcon*.deb
    rm /tmp/drcon*.deb' sh "$@" > "$cache/apt.log" 2>&1 || { tail -n 30 "$cache/apt.log" >&2; return 1; }
  keep_debian "$base" "$cache"/base-*.tar
}
