"""Rows of real programs, without colours: what bar each is.

``run``: recorded from the program on a terminal; ``source``: made after the program's own format strings.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Row(NamedTuple):
    text: str
    label: str
    current: float
    total: float | None
    unit: str | None = None
    above: str = ""


class Samples(NamedTuple):
    """Rows that one entry of the table reads."""

    format: str
    family: str
    origin: str
    rows: tuple[Row, ...]


MI: Final = 2**20
KI: Final = 2**10

SAMPLES: Final = (
    Samples("tqdm", "tqdm", "run: tqdm", (
        Row("plain:   0%|                                       | 0/20 [00:00<?, ?it/s]", "plain", 0, 20, "it"),
        Row("plain:  30%|████████████▌               | 6/20 [00:00<00:00, 150.26it/s]", "plain", 6, 20, "it"),
        Row("100%|█████████████████████████████████| 20/20 [00:00<00:00, 181.38it/s]", "", 20, 20, "it"),
        Row("asc:  10%|#####7                              | 2/20 [00:00<00:00, 147.48it/s]", "asc", 2, 20, "it"),
        Row("custom:  20%|0000000000O                    | 4/20 [00:00<00:00, 213.53it/s]", "custom", 4, 20, "it"),
        Row("sz:  30%|████████▊                     | 6.00/20.0 [00:00<00:00, 92.5B/s]", "sz", 6, 20, "B"),
        Row("  0%|                                    | 0.00/3.34M [00:00<?, ?iB/s]", "", 0, 3_340_000, "iB"),
        Row("nf:  15%|████████████▌                                              | 3/20", "nf", 3, 20),
        Row("pct:  15%|████████████▎                                                                     | 00:00", "pct", 15, 100, "%"),
        Row("pct: 100%|██████████████████████████████████████████████████| 00:00", "pct", 100, 100, "%"),
        Row("yo 35%|███████████████                            |6/20 [00:00]", "yo", 6, 20),
        Row("ncols40:  10%| | 2/20 [00:00<00:00, 153.", "ncols40", 2, 20),
        Row("处理数据:  45%|███████████▍          | 9/20 [00:00<00:00, 144.67it/s]", "处理数据", 9, 20, "it"),
        Row("postfix:  30%|███▏      | 6/20 [00:00<00:00, 142.36it/s, loss=0.1, lr=1e-3]", "postfix", 6, 20, "it"),
        Row("slow:   5%|▌         | 1/20 [00:03<01:03,  3.34s/batch]", "slow", 1, 20, "batch"),
        Row("a|b [x]:  20%|██████        | 4/20 [00:00<00:00, 124.43it/s]", "a|b [x]", 4, 20, "it"),
        Row("Downloading: 100%|██████████| 1.20G/1.20G [00:30<00:00, 40.1MB/s]", "Downloading", 1.2e9, 1.2e9, "B"),
        Row("⠹ spun:  45%|████▌     | 9/20 [00:00<00:00, 144.67it/s]", "spun", 9, 20, "it"),
    )),
    Samples("tqdm", "tqdm", "source: Julia's ProgressMeter", (
        Row("Progress:  45%|██████████████████▌                      |  ETA: 0:00:03", "Progress", 45, 100, "%"),
        Row("Progress: 100%|█████████████████████████████████████████| Time: 0:00:05", "Progress", 100, 100, "%"),
    )),
    Samples("tqdm", "tqdm", "thread: https://github.com/timholy/ProgressMeter.jl/issues/230", (
        Row("Progress: 100%|█████████████████████████████████████████████████████████| Time: 0:00:10", "Progress", 100, 100, "%"),
    )),
    Samples("tqdm", "tqdm", "thread: https://github.com/DiamondLightSource/httomo/pull/294", (
        Row("    25%|##5       | 1/4 [01:12<03:38, 72.70s/block]", "", 1, 4, "block"),
    )),
    Samples("pipes", "bar", "thread: https://github.com/conda/conda/pull/7191", (
        Row(f"wheel-0.31.0         |   62 KB | {'#' * 122} | 100%", "wheel-0.31.0", 100, 100, "%"),
        Row(f"pip-9.0.3            |  2.3 MB | {'#' * 82}{' ' * 40} |  67%", "pip-9.0.3", 67, 100, "%"),
    )),
    Samples("pipes", "bar", "thread: https://github.com/conda/conda/issues/4348", (
        Row(f"xlwings-0.10.2 100% |{'#' * 110}| Time: 0:00:00   4.71 MB/s", "xlwings-0.10.2", 100, 100, "%"),
    )),
    Samples("pipes", "bar", "thread: https://github.com/conda/conda-build/issues/1099", (
        Row(f"mkl-11.3.3-0.t   2% |##{' ' * 115}| ETA:  0:02:48 617.28 kB/s", "mkl-11.3.3-0.t", 2, 100, "%"),
    )),
    Samples("Gradle", "gradle", "thread: https://github.com/gradle/gradle/pull/2112", (
        Row("<-------------> 0% INITIALIZING [2s]", "Initializing", 0, 100, "%"),
        Row("<=========----> 64% EXECUTING [17s]", "Executing", 64, 100, "%"),
    )),
    Samples("blocks", "bar", "thread: https://github.com/r-lib/cli/issues/755", (
        Row("Cleaning data ■■■■■■■                           19% | ETA:  4s", "Cleaning data", 19, 100, "%"),
        Row("Cleaning data ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■  100% | ETA:  0s", "Cleaning data", 100, 100, "%"),
    )),
    Samples("layers", "layer", "thread: https://github.com/goplus/xgo/pull/1819", (
        Row("#4 sha256:47c6f29f6556ff45268a 0B / 66.25MB 156.7s", "sha256:47c6f29f6556ff45268a", 0, 66.25e6, "B"),
        Row(f"#4 sha256:{'3861a6536e4e9115' * 4} 25.17MB / 63.99MB 157.7s", f"sha256:{'3861a6536e4e9115' * 4}", 25.17e6, 63.99e6, "B"),
    )),
    Samples("layers", "layer", "thread: https://github.com/mateusfreira/nun-db/issues/76", (
        Row(f" => => sha256:{'0ae7f17d4af5e7dd' * 4} 5.94MB / 5.94MB{' ' * 60}6.2s", f"sha256:{'0ae7f17d4af5e7dd' * 4}", 5.94e6, 5.94e6, "B"),
    )),
    Samples("CatBoost", "boosting", "thread: https://github.com/catboost/catboost/issues/541", (
        Row("100:\tlearn: 0.1697219\ttest: 0.1530068\tbest: 0.1530068 (100)\ttotal: 3.7s\tremaining: 33s", "Rounds", 100, None),
    )),
    Samples("tqdm", "enlighten", "run: enlighten", (
        Row("Progress   5%|██▉                           |  1/20 [00:01<00:19, 0.99/s]", "Progress", 1, 20),
        Row("Progress  80%|████████████████████████      | 16/20 [00:16<00:04, 0.97/s]", "Progress", 16, 20),
        Row("Basic  45%|██████████▌             |  9/20 [00:01<00:01, 9.03 ticks/s]", "Basic", 9, 20, "ticks"),
    )),
    Samples("tqdm without a bar", "tqdm", "run: tqdm", (
        Row("ncols0:  15% 3/20 [00:00<00:00, 235.15it/s]", "ncols0", 3, 20, "it"),
        Row("nobar: 20/20 [00:00<00:00, 192.36it/s]", "nobar", 20, 20, "it"),
        Row("nobar: 1.5M/3.0M [00:01<00:01, 1.50MB/s]", "nobar", 1.5e6, 3e6, "B"),
    )),
    Samples("tqdm, endless", "tqdm", "run: tqdm", (
        Row("gen: 11it [00:00, 78.02it/s]", "gen", 11, None, "it"),
        Row("3it [00:00, 97.04it/s]", "", 3, None, "it"),
        Row("over: 13it [00:00, 214.31it/s]", "over", 13, None, "it"),
        Row("dl: 0.00B [00:00, ?B/s]", "dl", 0, None, "B"),
        Row("dl: 3.50MB [00:01, 3.41MB/s]", "dl", 3.5e6, None, "B"),
    )),
    Samples("thick line", "rich", "run: rich", (
        Row("⠋ Working ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   0%", "Working", 0, 100, "%"),
        Row("⠹ Working ━━━━━━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━  42%", "Working", 42, 100, "%"),
        Row("- Working ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  0/20 -:--:--", "Working", 0, 20),
        Row("\\ Working ━━━━━━━━━━━━━╺━━━━━━━━━━━━━━━━━━━━━━━━━━  6/20 0:00:01", "Working", 6, 20),
        Row("Working ━━━╺━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2.8/34.0 MB", "Working", 2.8, 34, "MB"),
        Row("Working ━━━╺━━━━━━━━━━━━━━━━━━━━━━━━━━ 2.7/32.4 MiB ? -:--:--", "Working", 2.7, 32.4, "MiB"),
        Row("Working ━━━━━━━━━━━━━━━╸━━━━━━━━━━━ 17.0/34.0 MB 70.4 MB/s 0:00:01", "Working", 17, 34, "MB"),
        Row("Working ━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 5.7 MB 34.0 MB", "Working", 5.7e6, 34e6, "B"),
        Row("file.iso ━━━━━━━━━━━━╺━━━━━━━━ 50.0% • 17.0/34.0 MB • 86.3 MB/s • 0:00:01", "file.iso", 17e6, 34e6, "B"),
        Row("x  17% ━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━", "x", 17, 100, "%"),
        Row("Tracked ━━━━━━━━━━━━━━━━━━━━╺━━━━━━━━━━━━━━━━━━━  50% 0:00:01", "Tracked", 50, 100, "%"),
        Row("⠼ Working ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 12/? 0:00:01", "Working", 12, None),
    )),
    Samples("thick line", "rich", "run: pip", (
        Row("     ━━━━━━━━━━━╸━━━━━━━━ 1.2/3.4 MB 5.0 MB/s eta 0:00:01", "", 1.2, 3.4, "MB"),
        Row("   ━━━━━━━━ 1.2/16.9 MB 5 MB/s", "Downloading numpy-2.0.whl", 1.2, 16.9, "MB",
            "Downloading numpy-2.0.whl (16.9 MB)"),
    )),
    Samples("thick line", "rich", "source: Keras 3", (
        Row(" 12/100 ━━━━━━━━━━━━━━━━━━━━ 3s 45ms/step - loss: 0.1000", "Epoch 1/2", 12, 100, None, "Epoch 1/2"),
        Row("100/100 ━━━━━━━━━━━━━━━━━━━━ 5s 45ms/step - accuracy: 0.9531 - loss: 0.1000", "", 100, 100),
    )),
    Samples("Keras, endless", "rich", "source: Keras 3", (
        Row("     12/Unknown 3s 45ms/step - loss: 0.1000", "Epoch 1/2", 12, None, None, "Epoch 1/2"),
    )),
    Samples("alive-progress", "alive", "run: alive-progress", (
        Row("T smooth |██                                | ▁▃▅ 1/20 [5%] in 0s (~0s, 14903.1/s)", "T smooth", 1, 20),
        Row("T classic [=========>                   ] ▅▇▇ 5/20 [25%] in 0s (~0s, 4089.1/s)", "T classic", 5, 20),
        Row("T brackets |>>>>>>>>>>>>>>>>>>>>>>>>>>>>| 20/20 [100%] in 0.5s (57.37/s)", "T brackets", 20, 20),
        Row("T bubbles <●●●●                         > ▂▄▆ 2/20 [10%] in 0s (~0s, 11928.8/s)", "T bubbles", 2, 20),
        Row("T squares <■■■■■■□□□□□□□□□□□□□□> ▃▅▇ 3/20 [15%] in 0s (~0s, 10833.8/s)", "T squares", 3, 20),
        Row("T checks |✓✓✓✓✓✓✓✓✓✓          | ▆▄▂ 10/20 [50%] in 0s (~0s, 1791.1/s)", "T checks", 10, 20),
        Row("T halloween |🎃🎃🎃🎃🎃💀   👻   💀| ▇▅▃ 9/20 [45%] in 0s (~0s, 59.0/s)", "T halloween", 9, 20),
        Row("T ruler |∙∙∙∙.∙∙∙∙.∙∙┃∙.∙∙∙∙.| ▆▄▂ 11/20 [55%] in 0s (~0s, 1189.6/s)", "T ruler", 11, 20),
        Row("T fish |¸.·´¯`·.·´¯`·.¸><('>| ▆▄▂ 18/20 [90%] in 0s (~0s, 933.8/s)", "T fish", 18, 20),
        Row("unk |             ▶▶▶▶▶▶▶▶▶▶▶▶             | ▂▂▄ 9 in 0s (122.7/s)", "unk", 9, None),
        Row("unk |████████████████████████████████████████| 20 in 0.6s (34.45/s)", "unk", 20, None),
        Row("dots |████████████████████████      | ⠠ 12/20 [60%] in 0s (~0s, 754.1/s)", "dots", 12, 20),
        Row("nospin |██████                        | 3/20 [15%] in 0s (~0s, 364.5/s)", "nospin", 3, 20),
        Row("man |██████████████████████          | ▄▂▂ 65% in 0s (~0s, 28.2%/s)", "man", 65, 100, "%"),
        Row("|████████████                  | ▆█▆ 30% [60/200] in 0s (~0s, 19350.3/s)", "", 60, 200),
        Row("scaled |                       | ▄▂▂ 12.0B/20kB [0%] in 0s (~28s, 562.9B/s)", "scaled", 12, 20_000, "B"),
        Row("|████████⚠︎      | (!) 45/100 [45%] in 1.2s (37.51/s)", "", 45, 100),
    )),
    Samples("fastprogress", "fastprogress", "run: fastprogress", (
        Row("Epoch 1/3 : |██---------------| 5.00% [1/20 00:00<00:00... c0]", "Epoch 1/3", 1, 20),
        Row("Epoch 3/3 : |-----------------| 0.00% [0/20 00:00<?]", "Epoch 3/3", 0, 20),
        Row(" |████████---------------------| 20.00% [4/20 00:00<00:00]", "", 4, 20),
    )),
    Samples("progressbar2", "bar", "run: progressbar2", (
        Row("  0% (0 of 20) |                     | Elapsed Time: 0:00:00 ETA: --:--:--", "", 0, 20),
        Row("Pre:  75% (15 of 20) |################    | Elapsed Time: 0:00:00 ETA: 0:0", "Pre", 15, 20),
        Row("100% (20 of 20) |####################| Elapsed Time: 0:00:00 ETA: 0:00:00", "", 20, 20),
        Row("/ |#                                      | 9 Elapsed Time: 0:00:00", "", 9, None),
    )),
    Samples("brackets", "bar", "run: progressbar2", (
        Row("3 of 20 [=============                                ]", "", 3, 20),
    )),
    Samples("pipes", "bar", "run: progressbar2", (
        Row(" 30% of  19.1 MiB |############                | Elapsed Time: 0:00:00 ETA:   0:00:00", "", 30, 100, "%"),
        Row("Test:  45% |-                               | ETA:   0:00:00  46.2 MiB/s", "Test", 45, 100, "%"),
    )),
    Samples("brackets", "bar", "run: wget", (
        Row("foo.zip                  0%[                           ]       0  --.-KB/s", "foo.zip", 0, 100, "%"),
        Row("foo.zip                 17%[===>                       ] 593.94K  1.13MB/s", "foo.zip", 17, 100, "%"),
        Row("foo.zip                100%[==========================>]   3.24M  1.18MB/s    in 2.7s",
            "foo.zip", 100, 100, "%"),
    )),
    Samples("wget, endless", "bar", "run: wget", (
        Row("unk.zip                    [<=>                        ] 100.97K  1.19MB/s", "unk.zip", 100.97 * KI, None, "B"),
        Row("unk.zip                    [        <=>                ]   2.30M  1.17MB/s", "unk.zip", 2.3 * MI, None, "B"),
    )),
    Samples("brackets", "bar", "run: cargo", (
        Row("    Building [                             ] 0/6: pke", "Building", 0, 6),
        Row("    Building [===>                         ] 1/6: pkb", "Building", 1, 6),
    )),
    Samples("brackets", "bar", "run: yarn", (
        Row("[-------------------------------------------------] 0/102", "", 0, 102),
        Row("[#################--------------------------------] 34/102", "", 34, 102),
    )),
    Samples("brackets", "bar", "run: apt", (
        Row("Progress: [ 20%] [#############............................................]", "Progress", 20, 100, "%"),
        Row("Progress: [  0%] [.........................................................]", "Progress", 0, 100, "%"),
    )),
    Samples("brackets", "bar", "run: dask", (
        Row("[                                        ] | 0% Completed | 214.23 us", "", 0, 100, "%"),
        Row("[##########                              ] | 26% Completed | 262.65 ms", "", 26, 100, "%"),
        Row("[########################################] | 100% Completed | 825.77 ms", "", 100, 100, "%"),
    )),
    Samples("brackets", "bar", "run: click", (
        Row("Label  [------------------------------------]    0%", "Label", 0, 100, "%"),
        Row("Label  [#########---------------------------]   25%  00:00:03", "Label", 25, 100, "%"),
        Row("Pos  [███                                 ]  2/20", "Pos", 2, 20),
    )),
    Samples("pipes", "bar", "run: click", (
        Row("Tmpl |######------------------------------|  17%  2", "Tmpl", 17, 100, "%"),
    )),
    Samples("brackets", "bar", "run: cli-progress and progress of npm", (
        Row("progress [----------------------------------------] 0% | ETA: 0s | 0/20", "progress", 0, 20),
        Row("progress [==========------------------------------] 25% | ETA: 1s | 5/20", "progress", 5, 20),
        Row("downloading [===                 ] 115/bps 15% 0.1s", "downloading", 15, 100, "%"),
        Row("  pkg [#####---------------] 25% 0.1s", "pkg", 25, 100, "%"),
    )),
    Samples("brackets", "bar", "source: docker, Keras 2, indicatif, Go's pb", (
        Row("a1b2c3d4: Downloading [==>      ]  1.5MB/3MB", "a1b2c3d4: Downloading", 1.5e6, 3e6, "B"),
        Row("a1b2c3d4: Extracting [=====>   ]  512kB/3.4MB", "a1b2c3d4: Extracting", 512e3, 3.4e6, "B"),
        Row(" 12/100 [==>...........................] - ETA: 3s - loss: 0.5", "", 12, 100),
        Row(" 1/40 [..............................] - ETA: 3s - loss: 0.5", "", 1, 40),
        Row("[00:00:03] [####>-----------] 45/100 (3s)", "", 45, 100),
        Row("⠋ [00:00:03] [####>----------] 1.20 MiB/3.40 MiB (3s)", "", 1.2 * MI, 3.4 * MI, "B"),
        Row("45 / 100 [---------------------->_________________________] 45.00% 12 p/s", "", 45, 100),
    )),
    Samples("pipes", "bar", "source: R's txtProgressBar, conda, Go's progressbar", (
        Row("  |===============                     |  42%", "", 42, 100, "%"),
        Row("  |                                    |   0%", "", 0, 100, "%"),
        Row("numpy-1.26.4         | 6.8 MB    | ####5      |  45% ", "numpy-1.26.4", 45, 100, "%"),
        Row("numpy-1.26.4         | 6.8 MB    | ########## | 100% ", "numpy-1.26.4", 100, 100, "%"),
        Row("copying  45% |██████████          | (45/100, 12 it/s) [3s:4s]", "copying", 45, 100),
    )),
    Samples("blocks", "bar", "run: cli-progress", (
        Row(" ████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 10% | ETA: 1s | 2/20", "", 2, 20),
        Row(" ■■■■■■                                  ■ 15% | ETA: 1s | 3/20", "", 3, 20),
        Row(" ██████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ | a.txt | 3/20", "a.txt", 3, 20),
        Row(" ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ | b.txt | 0/30", "b.txt", 0, 30),
    )),
    Samples("blocks", "bar", "source: R's cli", (
        Row("■■■■■■■■■■■■■■                     45% |  ETA:  3s", "", 45, 100, "%"),
        Row("Reading ■■■■■■■■■■■■■■             45% |  ETA:  3s", "Reading", 45, 100, "%"),
    )),
    Samples("uv", "uv", "run: uv", (
        Row("pillow               ------------------------------ 928.00 KiB/6.81 MiB", "pillow", 928 * KI, 6.81 * MI, "B"),
        Row("numpy                ------------------------------ 12.91 MiB/16.13 MiB", "numpy", 12.91 * MI, 16.13 * MI, "B"),
    )),
    Samples("spinner and count", "spinner", "run: uv", (
        Row("⠹ Preparing packages... (3/5)", "Preparing packages", 3, 5),
    )),
    Samples("rich, ASCII", "rich", "run: rich", (
        Row("- Working ---------- -----------------------------  25% 0:00:01", "Working", 25, 100, "%"),
        Row("\\ Working -------------------------- -------------  67% 0:00:01", "Working", 67, 100, "%"),
        Row("  Working ---------------------------------------- 100% 0:00:00", "Working", 100, 100, "%"),
    )),
    Samples("curl -#", "curl", "run: curl", (
        Row("############                                              8.8%", "download", 8.8, 100, "%"),
        Row("######################################################### 100.0%", "download", 100, 100, "%"),
    )),
    Samples("curl", "curl", "run: curl", (
        Row(" 47 3320k   47 1562k    0     0  1261k      0  0:00:02  0:00:01  0:00:01 1261k", "download", 1562 * KI, 3320 * KI, "B"),
        Row(" 47 3320k   47 1592k    0     0  1368k      0  0:00:02 --:--:--  0:00:02 1362k", "download", 1592 * KI, 3320 * KI, "B"),
        Row("100 3320k  100 3320k    0     0  1225k      0  0:00:02  0:00:02 --:--:-- 1224k", "download", 3320 * KI, 3320 * KI, "B"),
        Row("100 2929k    0 2929k    0     0  1233k      0 --:--:--  0:00:02 --:--:-- 1233k", "download", 2929 * KI, None, "B"),
        Row("  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0", "download", 0, None, "B"),
    )),
    Samples("pv", "pv", "run: pv", (
        Row(" 921KiB 0:00:00 [2.45MiB/s] [====>                              ] 11% ETA 0:00:00", "", 11, 100, "%"),
        Row("7.63MiB 0:00:02 [2.99MiB/s] [==================================>] 100%", "", 100, 100, "%"),
        Row("     name: 3.00MiB 0:00:01 [3.00MiB/s] [=========>              ] 37% ETA 0:00:01", "name", 37, 100, "%"),
        Row("3.00MiB 0:00:01 [2.97MiB/s] [ <=>                                       ]", "", 3 * MI, None, "B"),
    )),
    Samples("rsync", "rsync", "run: rsync", (
        Row("         32,768   0%    0.00kB/s    0:00:00", "big", 0, 100, "%", "big"),
        Row("      4,554,752  56%    3.99MB/s    0:00:00", "", 56, 100, "%", "sending incremental file list"),
        Row("      8,000,000 100%    4.15MB/s    0:00:01 (xfr#1, to-chk=0/1)", "", 100, 100, "%"),
    )),
    Samples("dd", "dd", "run: dd", (
        Row("23948230656 bytes (24 GB, 22 GiB) copied, 2 s, 12.0 GB/s", "", 23948230656, None, "B"),
        Row("131072000000 bytes (131 GB, 122 GiB) copied, 8.26499 s, 15.9 GB/s", "", 131072000000, None, "B"),
    )),
    Samples("7z", "7z", "run: 7z", (Row(" 10% 17 + uv", "", 10, 100, "%"), Row(" 45% 12 - a/b.txt", "", 45, 100, "%"))),
    Samples("xz", "xz", "run: xz", (
        Row("  9.5 %           0.2 MiB / 0.9 MiB = 0.186                   0:01", "", 9.5, 100, "%"),
        Row("  100 %        2103.7 KiB / 9.9 MiB = 0.207   610 KiB/s       0:16", "", 100, 100, "%"),
    )),
    Samples("sox", "sox", "run: sox", (
        Row("In:15.2% 00:01:31.14 [00:08:28.86] Out:4.37M [!=====|=====!] Hd:0.0 Clip:3.64k", "", 15.2, 100, "%"),
        Row("In:100%  00:10:00.00 [00:00:00.00] Out:28.8M [!=====|=====!] Hd:0.0 Clip:24.0k", "", 100, 100, "%"),
    )),
    Samples("aria2c", "aria2", "run: aria2c", (
        Row("[#feffbf 1.2MiB/3.2MiB(38%) CN:1 DL:1.1MiB ETA:1s]", "download #feffbf", 1.2 * MI, 3.2 * MI, "B"),
        Row("[#2089b0 400KiB/0B CN:1 DL:115KiB]", "download #2089b0", 400 * KI, None, "B"),
    )),
    Samples("GNU parallel", "parallel", "run: GNU parallel", (
        Row("46% 14:16=0s 17", "jobs", 14, 30),
        Row("100% 30:0=0s 30", "jobs", 30, 30),
        Row("ETA: 0s Left: 5 AVG: 0.00s  local:3/2/100%/0.5s", "jobs", 2, 7),
    )),
    Samples("scp", "scp", "source: OpenSSH", (
        Row("name.bin                                  45% 1234KB   1.2MB/s   00:03 ETA", "name.bin", 45, 100, "%"),
        Row("a b.bin                                    0%    0     0.0KB/s   --:-- ETA", "a b.bin", 0, 100, "%"),
        Row("name.bin                                 100%   12MB   1.2MB/s   00:10    ", "name.bin", 100, 100, "%"),
    )),
    Samples("git", "git", "run: git", (
        Row("remote: Counting objects:  60% (2121/3535)", "Counting objects", 2121, 3535),
        Row("Receiving objects:  78% (2758/3535)", "Receiving objects", 2758, 3535),
        Row("Resolving deltas: 100% (2410/2410), done.", "Resolving deltas", 2410, 2410),
        Row("Updating files:  45% (450/1000)", "Updating files", 450, 1000),
    )),
    Samples("pytest", "pytest", "run: pytest, pytest-sugar", (
        Row("test_a.py ..............................                      [100%]", "tests", 100, 100, "%"),
        Row("[gw0] [ 45%] PASSED tests/test_a.py::test_x", "tests", 45, 100, "%"),
        Row(" test_a.py ✓✓                                                  7% ▋", "tests", 7, 100, "%"),
        Row(" test_a.py ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓                   100% ██████████", "tests", 100, 100, "%"),
    )),
    Samples("pytest, counted", "pytest", "run: pytest", (
        Row("test_a.py::test_x[0] PASSED                                   [ 1/30]", "tests", 1, 30),
        Row("test_a.py::test_x[29] PASSED                                  [30/30]", "tests", 30, 30),
    )),
    Samples("joblib", "joblib", "run: joblib", (
        Row("[Parallel(n_jobs=2)]: Done   4 tasks      | elapsed:    0.1s", "Parallel", 4, None, "tasks"),
        Row("[Parallel(n_jobs=2)]: Done  40 out of  40 | elapsed:    0.5s finished", "Parallel", 40, 40, "tasks"),
    )),
    Samples("ninja", "steps", "run: ninja; source: yarn, docker", (
        Row("[2/6] Building C object CMakeFiles/x.dir/f5.c.o", "", 2, 6),
        Row("[6/12] CC o8", "", 6, 12),
        Row("[3/4] Linking dependencies...", "", 3, 4),
        Row("#8 [build 3/20] RUN make", "build", 3, 20),
    )),
    Samples("apt", "apt", "run: apt, dpkg", (
        Row("Reading package lists... 93%", "Reading package lists", 93, 100, "%"),
        Row("Building dependency tree... 3%", "Building dependency tree", 3, 100, "%"),
        Row("(Reading database ... 55%", "Reading database", 55, 100, "%"),
        Row("45% [1 libfoo 1,234 kB/4,567 kB 27%]          1,234 kB/s 3s", "download", 45, 100, "%"),
        Row("0% [Waiting for headers]", "download", 0, 100, "%"),
    )),
    Samples("npm", "npm", "source: npmlog and gauge", (
        Row("[######............] - reify:foo: timing reifyNode:node_modules/foo", "npm", 6, 18),
        Row("(#########.........) ⠧ reify:foo: sill reify", "npm", 9, 18),
        Row("⸨##########⠂⠂⠂⠂⠂⠂⠂⠂⸩ ⠋ idealTree: timing", "npm", 10, 18),
        Row("[..................] / rollbackFailedOptional: verb npm-session 1a2b", "npm", 0, 18),
    )),
    Samples("cmake", "make", "run: cmake", (Row("[ 16%] Building C object CMakeFiles/x.dir/f1.c.o", "build", 16, 100, "%"), Row("[  5%] Linking C executable a", "build", 5, 100, "%"))),
    Samples("bazel", "steps", "source: bazel", (Row("[1,234 / 5,678] 12 actions running", "", 1234, 5678),)),
    Samples("tests", "steps", "run: ctest; source: meson", (
        Row("3/6 Test #2: a1 ...............................   Passed    0.11 sec", "tests", 3, 6),
        Row("  3/20 Test  #3: name .....................   Passed    0.01 sec", "tests", 3, 20),
        Row(" 3/20 suite / name        OK              0.05s", "tests", 3, 20),
    )),
    Samples("Gradle", "gradle", "source: Gradle", (Row("<======-------> 45% EXECUTING [3s]", "Executing", 45, 100, "%"),)),
    Samples("pnpm", "pnpm", "run: pnpm", (
        Row("Progress: resolved 101, reused 0, downloaded 71, added 0", "packages", 71, 101),
        Row("Progress: resolved 24, reused 24, downloaded 0, added 0", "packages", 23, 24),
        Row("Progress: resolved 102, reused 0, downloaded 102, added 102, done", "packages", 102, 102),
        Row("Progress: resolved 45, reused 40, downloaded 5, added 45, done", "packages", 45, 45),
    )),
    Samples("Maven", "maven", "source: Maven", (
        Row("Progress (1): thing-1.0.jar (1.2/3.4 MB)", "thing-1.0.jar", 1.2e6, 3.4e6, "B"),
        Row("Progress (1): 120/340 kB", "", 120e3, 340e3, "B"),
    )),
    Samples("docker buildx", "buildx", "source: docker", (
        Row("[+] Building 3.2s (5/12)", "Building", 5, 12),
        Row("[+] Running 3/5", "Running", 3, 5),
    )),
    Samples("layers", "layer", "source: docker buildx", (
        Row(" => => sha256:1a2b3c4d5e6f 12.58MB / 30.43MB            1.2s", "sha256:1a2b3c4d5e6f", 12.58e6, 30.43e6, "B"),
        Row("#8 sha256:1a2b3c4d5e6f 1.05MB / 3.40MB 0.5s", "sha256:1a2b3c4d5e6f", 1.05e6, 3.4e6, "B"),
    )),
    Samples("boosted trees", "boosting", "source: XGBoost, LightGBM", (
        Row("[45]\ttrain-rmse:0.10231\teval-rmse:0.11023", "Rounds", 45, None),
        Row("[45]\tvalid_0's l2: 0.24315", "Rounds", 45, None),
    )),
    Samples("CatBoost", "boosting", "source: CatBoost", (
        Row("45:\tlearn: 0.3021\ttotal: 3.1s\tremaining: 4s", "Rounds", 45, None),
    )),
    Samples("ffmpeg", "ffmpeg", "source: ffmpeg", (
        Row("frame=   45 fps= 25 q=28.0 size=     256KiB time=00:00:03.00 bitrate= 699.1kbits/s speed=1.2x", "", 45, None, "frames"),
        Row("size=     256KiB time=00:00:03.00 bitrate= 699.1kbits/s speed=1.2x", "", 256 * KI, None, "B"),
    )),
    Samples("wandb", "wandb", "source: wandb", (
        Row("wandb: \\ 0.045 MB of 0.089 MB uploaded (0.000 MB deduped)", "upload", 45e3, 89e3, "B"),
    )),
    Samples("copied to a store", "sync", "source: aws, rclone", (
        Row("Completed 1.2 MiB/3.4 MiB (1.0 MiB/s) with 1 file(s) remaining", "Completed", 1.2 * MI, 3.4 * MI, "B"),
        Row("Transferred:   \t    1.234 MiB / 3.456 MiB, 36%, 1.2 MiB/s, ETA 3s", "Transferred", 1.234 * MI, 3.456 * MI, "B"),
        Row("Transferred:            3 / 20, 15%", "Transferred files", 3, 20),
    )),
    Samples("Poetry", "poetry", "source: Poetry", (
        Row("  • Installing numpy (2.0.0): Downloading... 45%", "Installing numpy (2.0.0)", 45, 100, "%"),
    )),
    Samples("Sphinx", "sphinx", "run: Sphinx", (
        Row("reading sources... [ 50%] b", "reading sources", 50, 100, "%"),
        Row("writing output... [ 45%] api/index", "writing output", 45, 100, "%"),
    )),
    Samples("enlighten, endless", "enlighten", "source: enlighten", (
        Row("Loading 12 files [00:03, 4.00 files/s]", "Loading", 12, None, "files"),
        Row("Loading 12 [00:03, 4.00/s]", "Loading", 12, None),
    )),
    Samples("counted words", "count", "source: training loops", (
        Row("Epoch 3/20", "Epoch", 2, 20),
        Row("Epoch [3/20], loss: 0.31", "Epoch", 3, 20),
    )),
    Samples("percent in brackets", "make", "source: build tools", (Row("[45%] Building x", "build", 45, 100, "%"),)),
)  # fmt: skip
