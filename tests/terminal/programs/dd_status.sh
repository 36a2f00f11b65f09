# about: dd says how much it copied.
# system: coreutils
# command: dd of=/dev/null bs=64K status=progress
(for i in $(seq 35); do head -c 1000000 /dev/zero; sleep 0.1; done) | dd of=/dev/null bs=64K status=progress
