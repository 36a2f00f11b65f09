# about: scp copies two files to a host that is this machine.
# system: openssh-client openssh-sftp-server
# command: scp -l 16000 one.bin two.bin host:to/
# scp says nothing unless it is in the foreground of its terminal.
head -c 4000000 /dev/zero > one.bin; head -c 2000000 /dev/zero > two.bin; mkdir to
printf '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n' > ssh-here; chmod 755 ssh-here
exec setsid --ctty --wait scp -S "$PWD/ssh-here" -l 16000 one.bin two.bin host:"$PWD/to/" <&1
