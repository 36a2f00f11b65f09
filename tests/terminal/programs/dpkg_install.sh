# about: dpkg installs, replaces and removes a package, and reads its database each time.
# system: dpkg
# Needs root.
trap 'dpkg --purge recording-example > /dev/null 2>&1' EXIT
mkdir -p example/DEBIAN example/usr/share/recording-example
printf 'Package: recording-example\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: example\n' > example/DEBIAN/control
for i in $(seq 200); do echo $i > example/usr/share/recording-example/$i; done
dpkg-deb --root-owner-group -b example > /dev/null
dpkg -i example.deb
dpkg -i example.deb
dpkg -P recording-example
