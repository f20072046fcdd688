# nnlua: GNU make. `make help` lists the targets.

CC = gcc
PREFIX = /usr/local
DESTDIR =
BUILD = build
OPTIMISE = -O3
SANITIZE =

# == end of user settings; nothing below needs changing =====================

BLAS_DIR := $(shell pkg-config --variable=libdir openblas 2>/dev/null)
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
OPENBLAS := /usr/lib/$(MULTIARCH)/openblas-openmp

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
VECTOR = -fopenmp -fno-math-errno -fno-trapping-math
CFLAGS = -std=gnu11 -g $(OPTIMISE) $(WARN) $(VECTOR) $(SANITIZE)
CPPFLAGS = -I. -isystem /usr/include/lua5.4 \
  -isystem /usr/include/$(MULTIARCH)/openblas-openmp -MMD -MP
LDFLAGS = $(SANITIZE) -fopenmp
LIBS = -Wl,-Bstatic -llua5.4 $(OPENBLAS)/libopenblas.a -lpng16 -lz -ljansson \
  -ledit -ltinfo -lbsd -lmd -Wl,-Bdynamic -lmvec -lm -ldl

TENSOR_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tensor/*.c))
NN_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard nn/*.c))
VM_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard vm/*.c))
STDLIB := $(shell find stdlib -name '*.lua' | sort)

all: $(BUILD)/nnlua

$(BUILD)/nnlua: $(VM_OBJ) $(BUILD)/stdlib.o $(NN_OBJ) $(TENSOR_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The Lua standard library, as bytes with names.
$(BUILD)/stdlib.c: vm/embed.sh $(STDLIB)
	@mkdir -p $(@D)
	sh vm/embed.sh $(STDLIB) > $@

$(BUILD)/stdlib.o: $(BUILD)/stdlib.c $(STDLIB)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

clean:
	rm -rf $(BUILD)

-include $(TENSOR_OBJ:.o=.d) $(NN_OBJ:.o=.d) $(VM_OBJ:.o=.d)

.PHONY: all clean
