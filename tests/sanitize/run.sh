#!/bin/sh
# Runs every suite under the address, undefined-behaviour and leak
# sanitizers. `make sanitize` calls it with MAKE and BUILD (a folder) set.
#
# Each Criterion test is a process of its own, and what a sanitizer finds
# when that process ends does not fail the test: so reports are collected in
# files, and any report fails the run. A planted leak shows first that a
# report would be seen.
set -eu

build=${BUILD:?}
logs=$(mkdir -p "$build" && cd "$build" && pwd)/logs
flags="-fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer -DTENSOR_NO_CLONES"

# Memory that cannot be had is an answer the program must live with. Reports
# speak for themselves: a leak of Criterion's own must not fail a suite.
common="log_path=$logs/report:exitcode=0"
export ASAN_OPTIONS="$common:detect_leaks=1:allocator_may_return_null=1"
export UBSAN_OPTIONS="$common:print_stacktrace=1"
export LSAN_OPTIONS="suppressions=$PWD/tests/sanitize/suppressions.txt:\
print_suppressions=0"

build_target() {
  ASAN_OPTIONS='' $MAKE BUILD="$build" OPTIMISE=-O1 \
    EXTRA="$flags ${EXTRA:-}" "$@"
}

clear_logs() { rm -rf "$logs" && mkdir -p "$logs"; }

# Whether a report says nothing against the program: a warning that there was
# not enough memory (which a test wanted), or leaks that Criterion itself
# made: each was allocated by a function of that library (frame 1; a
# suppression would look at every frame, and Criterion calls all the tests).
harmless() {
  awk '/ byte\(s\) in .* allocated from:/ { leaks++ }
    /^ *#1 .*libcriterion\.so/ { criterion++ }
    /ERROR: LeakSanitizer|WARNING: .* failed to allocate/ { known = 1 }
    /ERROR: AddressSanitizer|runtime error/ { other = 1 }
    END { exit !(known && leaks == criterion && !other) }' "$1"
}

clear_logs
build_target "$build/tests/leak_suite" >/dev/null
"$build/tests/leak_suite" >/dev/null 2>&1 || :
if ! grep -qs 'planted_leak_impl' "$logs"/*; then
  echo "sanitize: the planted leak was not reported; this run proves nothing"
  exit 1
fi
echo "sanitize: the planted leak was reported"

build_target all suites
clear_logs
status=0
$MAKE BUILD="$build" run-built || status=1
for report in "$logs"/*; do
  [ -e "$report" ] || continue
  if harmless "$report"; then continue; fi
  status=1
  echo "== $report"
  head -n 60 "$report"
done
[ $status = 0 ] && echo "sanitize: no reports"
exit $status
