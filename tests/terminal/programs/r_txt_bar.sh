# about: R's own txtProgressBar in its third style.
# system: r-base-core
# command: Rscript bars.R
cat > bars.R <<'R'
bar <- txtProgressBar(max = 40, style = 3)
for (i in 1:40) { Sys.sleep(0.04); setTxtProgressBar(bar, i) }
close(bar)
R
Rscript bars.R
