# about: apt loads and installs three packages, with its bar in the last row below a scroll region.
# system: apt dpkg
# command: apt-get install -y -o Dpkg::Progress-Fancy=1 -o APT::Color=1 recording-one recording-two recording-three
# Needs root. The packages come from a repository made here, served slowly, and are gone again at the end.
packages='recording-one recording-two recording-three'
for name in $packages; do
  mkdir -p $name/DEBIAN $name/usr/share/$name
  printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: example\n' $name > $name/DEBIAN/control
  printf '#!/bin/sh\necho "%s looks around"; sleep 0.2\n' $name > $name/DEBIAN/postinst
  chmod 755 $name/DEBIAN/postinst
  head -c 500000 /dev/urandom > $name/usr/share/$name/data
  dpkg-deb --root-owner-group -b $name $name.deb > /dev/null
  dpkg-deb -f $name.deb >> Packages
  printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' $name "$(stat -c %s $name.deb)" "$(sha256sum < $name.deb | cut -d' ' -f1)" >> Packages
done
# Many more packages, so that reading the list takes a while.
mkdir many
for i in $(seq 40000); do
  printf 'Package: other-%s\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: other\nFilename: ./other-%s.deb\nSize: 9\n\n' $i $i
done > many/Packages
. "$HELPERS/serving.sh"
trap "kill $!; dpkg --purge $packages > /dev/null 2>&1" EXIT
mkdir -p lists/partial cache/archives/partial
printf 'deb [trusted=yes] %s ./\n' "$site" "file:$PWD/many" > sources.list
options="-o Dir::Etc::sourcelist=$PWD/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD/cache"
options="$options -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 -o Acquire::Languages=none"
export DEBIAN_FRONTEND=noninteractive
apt-get update $options > /dev/null 2>&1
rm -f cache/*.bin
apt-get install -y $options -o Dpkg::Progress-Fancy=1 -o APT::Color=1 $packages
