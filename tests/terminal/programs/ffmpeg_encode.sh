# about: ffmpeg encodes a few seconds of a test picture and writes how far it is over itself; no bar, as it knows no end.
# pypi: imageio-ffmpeg
# command: ffmpeg -stats -f lavfi -i testsrc=duration=12:size=640x360:rate=25 out.mp4
ffmpeg=$(python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
"$ffmpeg" -hide_banner -stats -f lavfi -i testsrc=duration=12:size=640x360:rate=25 -preset slow -threads 1 out.mp4
