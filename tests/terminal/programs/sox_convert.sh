# about: sox converts a file and shows how far it is and how loud it is.
# system: sox
sox -q -n -r 44100 -c 2 tone.wav synth 90 sine 440
sox -S tone.wav out.flac rate -v 48000
