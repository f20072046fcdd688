/*
** status.c - the message of the last failure, the interrupt flag, the
** thread count.
*/
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tensor/tensor.h"

#define MESSAGE_SIZE 1024

static _Thread_local char message[MESSAGE_SIZE];

volatile sig_atomic_t tensor_interrupt = 0;

const char *tensor_message(void) { return message; }

int tensor_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return TENSOR_FAIL;
}

int tensor_fail_in(int status, const char *format, ...) {
  char old[MESSAGE_SIZE];
  memcpy(old, message, sizeof old);
  va_list args;
  va_start(args, format);
  int n = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (n >= 0 && n < MESSAGE_SIZE)
    snprintf(message + n, (size_t)(MESSAGE_SIZE - n), "%s", old);
  return status;
}

int tensor_no_memory(int64_t bytes) {
  tensor_fail("not enough memory: a tensor of %.1f MiB does not fit",
              (double)bytes / (1024.0 * 1024.0));
  return TENSOR_NO_MEMORY;
}

int tensor_poll(void) {
  if (!tensor_interrupt) return TENSOR_OK;
  tensor_fail("interrupted");
  return TENSOR_INTERRUPTED;
}

int tensor_threads(void) { return omp_get_max_threads(); }

void tensor_set_threads(int count) {
  omp_set_num_threads(count < 1 ? 1 : count);
}
