# about: cargo builds a package and 8 others that it needs, with its bar below the lines.
# path: cargo
# command: cargo build
# A cargo of rustup has its toolchains in the user's own home.
export CARGO_HOME=$PWD/home RUSTUP_HOME=${RUSTUP_HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)/.rustup}
mkdir -p src && echo 'fn main() { println!("built"); }' > src/main.rs
printf '[package]\nname = "example"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n' > Cargo.toml
for i in 1 2 3 4 5 6 7 8; do
  mkdir -p part$i/src
  printf '[package]\nname = "part%s"\nversion = "0.1.0"\nedition = "2021"\n' $i > part$i/Cargo.toml
  # Big enough to compile for a while.
  for j in $(seq 60); do
    echo "pub fn f$j(a: &[u64]) -> u64 { a.iter().map(|x| x * $j).filter(|x| x % 3 == 1).sum() }"
  done > part$i/src/lib.rs
  echo "part$i = { path = \"part$i\" }" >> Cargo.toml
done
echo 'pub fn warned() { let unused = 1; }' >> part5/src/lib.rs
cargo build --offline
