# Sourced: starts the slow server for the current directory, puts its address into $site; it ends with the program.
mkfifo port
python3 "$HELPERS/slow_server.py" > port &
trap "kill $!" EXIT
read -r port < port
rm port
site=http://127.0.0.1:$port
