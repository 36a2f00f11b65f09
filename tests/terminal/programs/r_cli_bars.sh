# about: Two bars of R's cli package, the first gone at its end, and a step that ends.
# system: r-cran-cli r-base-core
# command: Rscript bars.R
cat > bars.R <<'R'
options(cli.dynamic = TRUE, cli.progress_show_after = 0, cli.num_colors = 256L)
library(cli)
clean <- function() {
  cli_progress_bar("Cleaning data", total = 30)
  for (i in 1:30) { Sys.sleep(0.05); cli_progress_update() }
}
download <- function() {
  cli_progress_bar("Downloading", total = 20e6, type = "download", clear = FALSE)
  for (i in 1:20) { Sys.sleep(0.06); cli_progress_update(inc = 1e6) }
}
clean()
cli_alert_success("30 rows are clean")
download()
cli_progress_step("Fitting")
Sys.sleep(0.8)
cli_progress_done()
R
Rscript bars.R
