/*
** editor.h - reading lines from a person: editing, history, completion.
** Where standard input and output are no terminal, lines are read plainly.
*/
#ifndef VM_EDITOR_H
#define VM_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum EditorResult {
  EDITOR_LINE,
  EDITOR_END,
  EDITOR_CANCELLED
} EditorResult;

/* What may follow text[0..length): a list of `count` strings that would
** replace the text from offset `start` on. The editor does not free it; it
** stays valid until the next call. */
typedef struct EditorMatches {
  const char **names;
  int count;
  size_t start;
} EditorMatches;
typedef EditorMatches EditorComplete(void *context, const char *text,
                                     size_t length);

/* `history` is the file that keeps entries from run to run, or NULL. */
void vm_editor_open(const char *history, EditorComplete *complete,
                    void *context);
/* Reads a line and leaves it, without the newline, in *line, which stays
** valid until the next call. Pasted text may hold newlines. EDITOR_CANCELLED
** says that the user gave the line up (Ctrl-C). */
EditorResult vm_editor_read(const char *prompt, const char **line);
/* Adds an entry, of one line or several, to the history. */
void vm_editor_remember(const char *entry);
void vm_editor_close(void);

#endif
