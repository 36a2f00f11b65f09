# about: GNU parallel runs ten jobs with its bar, which is a background behind its text.
# system: parallel
# command: parallel --bar -j2 ... ::: $(seq 10)
mkdir -p "$HOME/.parallel" && touch "$HOME/.parallel/will-cite"
parallel --bar -j2 'sleep 0.$(( ({} % 3) + 2 )); test {} -ne 5 || echo "five is odd"' ::: $(seq 10)
