/*
** sort_radix.c - sorting of keys with positions by their digits (see sort.h).
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/sort.h"

static void one_piece(int pieces, int piece, int64_t n, int *status,
                      SortWork work, void *of) {
  int64_t end = tensor_piece(n, piece + 1, pieces);
  for (int64_t i = tensor_piece(n, piece, pieces), next; i < end; i = next) {
    next = tensor_min64(end, i + SORT_BLOCK);
    work(of, piece, i, next);
    if (next < end && tensor_stopped(status)) return;
  }
}

void tensor_sort_pieces(int threads, int64_t n, int *status, SortWork work,
                        void *of) {
  if (threads == 1) {
    one_piece(1, 0, n, status, work, of);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int piece = 0; piece < threads; piece++)
    one_piece(threads, piece, n, status, work, of);
}

/* Turns the counts of each piece's digits into the places where they begin;
** false where all n elements have one digit. */
static bool places_of(int64_t *counts, int width, int pieces, int64_t n) {
  int64_t place = 0;
  for (int64_t d = 0; d < INT64_C(1) << width; d++) {
    int64_t before = place;
    for (int t = 0; t < pieces; t++) {
      int64_t *count = &counts[((int64_t)t << width) + d], here = *count;
      *count = place;
      place += here;
    }
    if (place - before == n) return false;
  }
  return true;
}

#define TYPE       uint64_t
#define KEY_IN(e)  (e)
#define NAME(word) word##_packed
#include "tensor/sort_radix_body.h"

#define TYPE       SortWide
#define KEY_IN(e)  ((e).key)
#define NAME(word) word##_wide
#include "tensor/sort_radix_body.h"
