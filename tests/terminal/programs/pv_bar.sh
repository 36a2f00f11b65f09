# about: pv draws a bar, a bar with a name, and a moving mark where the size is unknown.
# system: pv
# It says nothing unless it is in the foreground of its terminal.
cat > transfers.sh <<'SH'
head -c 6000000 /dev/zero | pv -s 6000000 -L 2000000 -i 0.2 > /dev/null
head -c 2000000 /dev/zero | pv -N loading -s 2000000 -L 1500000 -i 0.2 > /dev/null
head -c 1000000 /dev/zero | pv -N counting -L 1000000 -i 0.2 > /dev/null
SH
exec setsid --ctty --wait bash transfers.sh <&1
