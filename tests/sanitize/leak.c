/*
** leak.c - a test that passes and leaks: run.sh beside this file must see
** the leak reported before it believes a run without reports.
*/
#include <criterion/criterion.h>
#include <stdlib.h>

Test(sanitize, planted_leak) {
  char *volatile lost = malloc(1234);
  cr_assert(lost != NULL);
  lost = NULL;
}
