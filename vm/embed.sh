#!/bin/sh
# Writes C that holds Lua files as bytes: `const VmSource vm_sources[]` of
# vm.h. Usage: sh vm/embed.sh stdlib/nn/init.lua ... > sources.c
#
# The paths are kept as given, so the C file is compiled in the folder this
# runs in. The module name is the path after its first folder, with dots for
# slashes and without a closing ".init".
set -eu

module_name() {
  printf '%s\n' "$1" |
    sed -e 's|^\./||' -e 's|^[^/]*/||' -e 's|\.lua$||' \
      -e 's|/init$||' -e 's|/|.|g'
}

declare_bytes() { # number, path
  cat <<END
__asm__(".section .rodata\n"
        ".globl vm_source_$1, vm_source_$1_end\n"
        ".hidden vm_source_$1, vm_source_$1_end\n"
        "vm_source_$1: .incbin \"$2\"\n"
        "vm_source_$1_end: .byte 0\n"
        ".previous");
extern const char vm_source_$1[], vm_source_$1_end[];

END
}

printf '/* Written by vm/embed.sh. */\n#include "vm/vm.h"\n\n'
number=0
for path in "$@"; do
  number=$((number + 1))
  declare_bytes "$number" "$path"
done

echo 'const VmSource vm_sources[] = {'
number=0
for path in "$@"; do
  number=$((number + 1))
  printf '  {"%s", vm_source_%d, vm_source_%d_end},\n' \
    "$(module_name "$path")" "$number" "$number"
done
printf '  {NULL, NULL, NULL},\n};\n'
