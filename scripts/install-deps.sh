#!/bin/sh
# Installs the packages that nnlua is built and tested with (Debian, Ubuntu).
# Usage: sh scripts/install-deps.sh [--check] [build] [data] [test] [parity] [ci]
#
#   build    the compiler and the libraries (the default)
#   data     Fashion-MNIST, a data set that the distribution carries
#   test     the Criterion library
#   parity   NumPy and PyTorch, to compare results and times with
#   ci       clang, its OpenMP header, clang-format
#   --check  install nothing: fail with the command that would
#
# What is there already is left alone, and then nothing is downloaded.
set -eu

build="gcc gfortran libc6-dev make liblua5.4-dev libopenblas-openmp-dev
  liblapacke-dev libpng-dev zlib1g-dev libjansson-dev libedit-dev
  libncurses-dev libbsd-dev libcairo2-dev"
data="dataset-fashion-mnist"
test="libcriterion-dev"
parity="python3 python3-numpy python3-torch"
ci="clang clang-format libomp-dev"

check=no
groups=
wanted=
for word in "$@"; do
  case $word in
  --check) check=yes ;;
  build) wanted="$wanted $build" groups="$groups $word" ;;
  data) wanted="$wanted $data" groups="$groups $word" ;;
  test) wanted="$wanted $test" groups="$groups $word" ;;
  parity) wanted="$wanted $parity" groups="$groups $word" ;;
  ci) wanted="$wanted $ci" groups="$groups $word" ;;
  *)
    echo "install-deps.sh: no group '$word': build, data, test, parity, ci" >&2
    exit 2
    ;;
  esac
done
[ -n "$wanted" ] || wanted=$build groups=build

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "Not a Debian system; nnlua needs what these packages hold:"
  # shellcheck disable=SC2086 # a list of words
  printf '  %s\n' $wanted
  exit 0
fi

missing=
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) || :
  case " $state" in
  *" installed "*) ;;
  *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$check" = yes ]; then
  echo "Missing packages:$missing" >&2
  echo "Install them with: sh scripts/install-deps.sh$groups" >&2
  exit 1
fi

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "As root, please: apt-get install$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@"; }
install_missing() {
  # shellcheck disable=SC2086 # a list of words
  apt install -y -q --no-install-recommends $missing
}

echo "Installing:$missing"
# The lists of packages may be old or, on a fresh machine, not there at all.
install_missing && exit 0
echo "Once more, with fresh lists of packages:"
apt update -q || { sleep 5 && apt update -q; }
install_missing
