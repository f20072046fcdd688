/*
** editor.c - the editor over libedit, and plain reading without a terminal.
**
** The history file holds an entry a line, newlines written as \n and
** backslashes as \\; each entry is appended when it is made, so shells that
** run at the same time, or die, lose nothing.
*/
#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "vm/editor.h"
#include "vm/program.h"

#define HISTORY_KEPT 1000
/* The file is written anew when it holds so many entries. */
#define HISTORY_TRIM    3000
#define LISTED_MATCHES  250
#define DEFAULT_COLUMNS 80

static EditLine *editor; /* NULL when lines are read plainly */
static History *history_list;
static char *history_path;
static EditorComplete *find_matches;
static void *find_context;
static char *plain_line; /* getline's */
static size_t plain_size;
static char prompt_text[64];
static bool cancelled;

/* {== history file ===================================================== */

/* The entry with its escapes undone, in place. */
static void unescape(char *entry) {
  char *to = entry;
  for (const char *p = entry; *p != '\0'; p++) {
    if (p[0] == '\\' && p[1] != '\0')
      *to++ = *++p == 'n' ? '\n' : *p;
    else if (*p != '\n')
      *to++ = *p;
  }
  *to = '\0';
}

static void write_entry(FILE *f, const char *entry) {
  for (const char *p = entry; *p != '\0'; p++) {
    if (*p == '\n')
      fputs("\\n", f);
    else if (*p == '\\')
      fputs("\\\\", f);
    else
      putc(*p, f);
  }
  putc('\n', f);
}

static FILE *open_private(const char *path, int flags, const char *mode) {
  int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
  FILE *f = fd >= 0 ? fdopen(fd, mode) : NULL;
  if (fd >= 0 && f == NULL) close(fd);
  return f;
}

/* Writes the entries that are kept to a new file in the old one's place. */
static void trim_file(void) {
  HistEvent event;
  size_t size = strlen(history_path) + 8;
  char *path = malloc(size);
  if (path == NULL) return;
  snprintf(path, size, "%s.new", history_path);
  FILE *f = open_private(path, O_WRONLY | O_TRUNC, "w");
  if (f != NULL) {
    for (int r = history(history_list, &event, H_LAST); r >= 0;
         r = history(history_list, &event, H_PREV))
      write_entry(f, event.str);
    bool good = !ferror(f);
    if (fclose(f) == 0 && good)
      rename(path, history_path);
    else
      unlink(path);
  }
  free(path);
}

static void load_history(void) {
  HistEvent event;
  char *line = NULL;
  size_t size = 0;
  int count = 0;
  FILE *f = fopen(history_path, "re");
  if (f == NULL) return;
  for (; getline(&line, &size, f) > 0; count++) {
    unescape(line);
    if (*line != '\0') history(history_list, &event, H_ENTER, line);
  }
  free(line);
  fclose(f);
  if (count > HISTORY_TRIM) trim_file();
}

/* Makes the folders above the file. */
static void make_folders(char *path) {
  for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
    *p = '\0';
    mkdir(path, 0700);
    *p = '/';
  }
}

void vm_editor_remember(const char *entry) {
  HistEvent event;
  if (editor == NULL || entry[strspn(entry, " \t\n")] == '\0') return;
  if (history(history_list, &event, H_FIRST) >= 0 &&
      strcmp(event.str, entry) == 0)
    return;
  history(history_list, &event, H_ENTER, entry);
  if (history_path == NULL) return;
  make_folders(history_path);
  FILE *f = open_private(history_path, O_WRONLY | O_APPEND, "a");
  if (f == NULL) return;
  write_entry(f, entry);
  fclose(f);
}

/* }== keys ============================================================= */

static char *show_prompt(EditLine *e) {
  (void)e;
  return prompt_text;
}

static unsigned char insert(EditLine *e, const char *text) {
  return el_insertstr(e, text) == 0 ? CC_REFRESH : CC_ERROR;
}

/* Ctrl-C: the line ends as it stands, with ^C behind it, for nothing. */
static unsigned char key_cancel(EditLine *e, int key) {
  (void)key;
  const LineInfo *line = el_line(e);
  el_cursor(e, (int)(line->lastchar - line->cursor));
  el_insertstr(e, "^C");
  el_push(e, "\n");
  cancelled = true;
  return CC_REFRESH;
}

/* Ctrl-Z: libedit's own handler restores the terminal and stops us. */
static unsigned char key_suspend(EditLine *e, int key) {
  (void)e;
  (void)key;
  raise(SIGTSTP);
  return CC_REDISPLAY;
}

/* Reads up to ESC [201~, which ends what a terminal pastes; `length` gets
** the length of the text before. NULL for want of memory. */
static wchar_t *read_paste(EditLine *e, size_t *length) {
  static const wchar_t mark[] = L"\033[201~";
  const size_t end = sizeof mark / sizeof *mark - 1;
  size_t n = 0, size = 0;
  wchar_t *text = NULL;
  for (;;) {
    if (n + 1 >= size) {
      size = size == 0 ? 256 : 2 * size;
      wchar_t *more = realloc(text, size * sizeof *text);
      if (more == NULL) break;
      text = more;
    }
    if (el_wgetc(e, text + n) != 1) break;
    if (text[n] == L'\r') text[n] = L'\n';
    n++;
    if (n >= end && wmemcmp(text + n - end, mark, end) == 0) {
      n -= end;
      break;
    }
  }
  *length = n;
  return text;
}

static unsigned char key_paste(EditLine *e, int key) {
  size_t length;
  wchar_t *text = read_paste(e, &length);
  unsigned char result = CC_NORM;
  (void)key;
  if (text == NULL) return CC_ERROR;
  while (length > 0 && text[length - 1] == L'\n') length--;
  text[length] = L'\0';
  if (length > 0) result = el_winsertstr(e, text) == 0 ? CC_REFRESH : CC_ERROR;
  free(text);
  return result;
}

static size_t common_length(const EditorMatches *m) {
  size_t length = strlen(m->names[0]);
  for (int i = 1; i < m->count; i++) {
    size_t same = 0;
    while (same < length && m->names[i][same] == m->names[0][same]) same++;
    length = same;
  }
  /* not within a character of several bytes */
  while (length > 0 && (m->names[0][length] & 0xC0) == 0x80) length--;
  return length;
}

static void list_matches(EditLine *e, const EditorMatches *m) {
  int width = 0, columns = DEFAULT_COLUMNS;
  int shown = m->count < LISTED_MATCHES ? m->count : LISTED_MATCHES;
  el_get(e, EL_GETTC, "co", &columns, NULL);
  for (int i = 0; i < shown; i++) {
    int length = (int)strlen(m->names[i]);
    if (length > width) width = length;
  }
  int a_row = columns / (width + 2) > 0 ? columns / (width + 2) : 1;
  for (int i = 0; i < shown; i++) {
    if (i % a_row == 0) putchar('\n');
    printf("%-*s", i % a_row == a_row - 1 ? 0 : width + 2, m->names[i]);
  }
  if (m->count > shown) printf("\n... and %d more", m->count - shown);
  putchar('\n');
  fflush(stdout);
}

/* Tab indents where the line is blank so far, else completes. */
static unsigned char key_tab(EditLine *e, int key) {
  const LineInfo *line = el_line(e);
  size_t length = (size_t)(line->cursor - line->buffer), row = length;
  (void)key;
  while (row > 0 && line->buffer[row - 1] != '\n') row--;
  if (row + strspn(line->buffer + row, " \t") >= length) return insert(e, "  ");
  if (find_matches == NULL) return CC_NORM;
  EditorMatches m = find_matches(find_context, line->buffer, length);
  if (m.count == 0 || m.start > length) return CC_REFRESH_BEEP;
  size_t common = common_length(&m), typed = length - m.start;
  if (common > typed) {
    char *rest = strndup(m.names[0] + typed, common - typed);
    unsigned char result = rest != NULL ? insert(e, rest) : CC_ERROR;
    free(rest);
    return result;
  }
  if (m.count == 1) return CC_NORM;
  list_matches(e, &m);
  return CC_REDISPLAY;
}

static void bind_keys(void) {
  static const char *const keys[][2] = {
      {"^C", "nnlua-cancel"},
      {"^I", "nnlua-tab"},
      {"^Z", "nnlua-suspend"},
      {"\\e[200~", "nnlua-paste"},
      {"^R", "em-inc-search-prev"},
      {"\\e[A", "ed-search-prev-history"},
      {"\\eOA", "ed-search-prev-history"},
      {"\\e[B", "ed-search-next-history"},
      {"\\eOB", "ed-search-next-history"},
      {"\\e[3~", "ed-delete-next-char"},
      {"\\e[H", "ed-move-to-beg"},
      {"\\e[F", "ed-move-to-end"},
      {"\\e[1;5C", "em-next-word"},
      {"\\e[1;5D", "ed-prev-word"},
  };
  el_set(editor, EL_ADDFN, "nnlua-cancel", "give the line up", key_cancel);
  el_set(editor, EL_ADDFN, "nnlua-tab", "complete or indent", key_tab);
  el_set(editor, EL_ADDFN, "nnlua-suspend", "stop the shell", key_suspend);
  el_set(editor, EL_ADDFN, "nnlua-paste", "insert pasted text", key_paste);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    el_set(editor, EL_BIND, keys[i][0], keys[i][1], NULL);
}

/* }== opening and reading ============================================== */

/* libedit reads characters by the locale; one of bytes would break UTF-8. */
static void set_locale(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
    setlocale(LC_CTYPE, "C.UTF-8");
}

static bool can_edit(void) {
  const char *term = getenv("TERM");
  return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL &&
         *term != '\0' && strcmp(term, "dumb") != 0;
}

void vm_editor_open(const char *path, EditorComplete *complete, void *context) {
  HistEvent event;
  if (!can_edit()) return;
  set_locale();
  history_list = history_init();
  editor = el_init("nnlua", stdin, stdout, stderr);
  if (editor == NULL || history_list == NULL) {
    vm_editor_close();
    return;
  }
  find_matches = complete;
  find_context = context;
  history(history_list, &event, H_SETSIZE, HISTORY_KEPT);
  el_set(editor, EL_PROMPT_ESC, show_prompt, '\1');
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_SIGNAL, 1);
  el_set(editor, EL_HIST, history, history_list);
  /* Ctrl-C and Ctrl-Z come as keys while a line is edited */
  el_set(editor, EL_SETTY, "-d", "-isig", NULL);
  bind_keys();
  el_source(editor, NULL);
  history_path = path != NULL ? strdup(path) : NULL;
  if (history_path != NULL) load_history();
}

void vm_editor_close(void) {
  if (editor != NULL) el_end(editor);
  if (history_list != NULL) history_end(history_list);
  free(history_path);
  free(plain_line);
  editor = NULL;
  history_list = NULL;
  history_path = NULL;
  plain_line = NULL;
  plain_size = 0;
}

static EditorResult read_plainly(const char *prompt, const char **line) {
  fputs(prompt, stdout);
  fflush(stdout);
  errno = 0;
  ssize_t length = getline(&plain_line, &plain_size, stdin);
  if (length < 0) {
    bool stopped = errno == EINTR;
    clearerr(stdin);
    if (stopped) putchar('\n');
    return stopped ? EDITOR_CANCELLED : EDITOR_END;
  }
  if (plain_line[length - 1] == '\n') plain_line[length - 1] = '\0';
  *line = plain_line;
  return EDITOR_LINE;
}

/* The prompt with what colours it between \1 and \1, as libedit wants. */
static void set_prompt(const char *prompt) {
  size_t mark = strcspn(prompt, " ");
  if (vm_wants_colour(STDOUT_FILENO))
    snprintf(prompt_text, sizeof prompt_text, "\1\033[1;32m\1%.*s\1\033[0m\1%s",
             (int)mark, prompt, prompt + mark);
  else
    snprintf(prompt_text, sizeof prompt_text, "%s", prompt);
}

static void set_pasting(bool on) {
  fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
  fflush(stdout);
}

EditorResult vm_editor_read(const char *prompt, const char **line) {
  int length = 0;
  if (editor == NULL) return read_plainly(prompt, line);
  set_prompt(prompt);
  /* before the prompt shows, so that no key meets the terminal unprepared */
  el_set(editor, EL_PREP_TERM, 1);
  set_pasting(true);
  cancelled = false;
  const char *text = el_gets(editor, &length);
  set_pasting(false);
  if (cancelled) return EDITOR_CANCELLED;
  if (text == NULL || length <= 0) return EDITOR_END;
  char *copy = realloc(plain_line, (size_t)length + 1);
  if (copy == NULL) return EDITOR_END;
  plain_line = copy;
  memcpy(copy, text, (size_t)length);
  copy[length] = '\0';
  if (copy[length - 1] == '\n') copy[length - 1] = '\0';
  *line = copy;
  return EDITOR_LINE;
}

/* }===================================================================== */
