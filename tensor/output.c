/*
** output.c - writing a file whole or not at all: the bytes go to a temporary
** file in the same folder, which takes the place of the old file only when
** all of them are on the disk.
**
** A symbolic link is followed, so the link stays; devices and pipes cannot
** be replaced and are written as they are.
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/kernel.h"

/* Bytes between two looks at the interrupt flag. */
#define WRITE_CHUNK (8 << 20)
#define NAME_TRIES  100

struct TensorOutput {
  char *path;      /* as the caller wrote it, for messages */
  char *target;    /* where the file goes: path with links followed */
  char *temporary; /* NULL where the target itself is written */
  int fd;
};

static void free_output(TensorOutput *o) {
  if (o->fd >= 0) close(o->fd);
  free(o->path);
  free(o->target);
  free(o->temporary);
  free(o);
}

void tensor_output_cancel(TensorOutput *o) {
  if (o == NULL) return;
  if (o->temporary != NULL && o->fd >= 0) unlink(o->temporary);
  free_output(o);
}

/* A name no other writer uses at the moment, in the target's folder. */
static void temporary_name(TensorOutput *o, size_t folder, size_t room) {
  static unsigned counter;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(o->temporary + folder, room - folder, ".nnlua-%ld-%lx-%u.tmp",
           (long)getpid(), (unsigned long)now.tv_nsec, counter++);
}

/* Creates the temporary file with the permissions of a new file. */
static int create_temporary(TensorOutput *o) {
  const char *slash = strrchr(o->target, '/');
  size_t folder = slash == NULL ? 0 : (size_t)(slash - o->target) + 1;
  size_t room = folder + 80;
  o->temporary = malloc(room);
  if (o->temporary == NULL) return tensor_no_memory((int64_t)room);
  memcpy(o->temporary, o->target, folder);
  for (int i = 0; i < NAME_TRIES; i++) {
    temporary_name(o, folder, room);
    o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (o->fd >= 0 || errno != EEXIST) break;
  }
  if (o->fd >= 0) return TENSOR_OK;
  if (folder > 1) folder--; /* the slash, unless it is the root */
  return tensor_fail("%s: cannot write in folder '%.*s': %s", o->path,
                     folder == 0 ? 1 : (int)folder,
                     folder == 0 ? "." : o->target, strerror(errno));
}

/* Gives the temporary the owner and permissions of the file it replaces. */
static void keep_permissions(TensorOutput *o, const struct stat *old) {
  struct stat fresh;
  if (fstat(o->fd, &fresh) != 0) return;
  /* only root can give files away: for others the file becomes theirs */
  if ((fresh.st_uid != old->st_uid || fresh.st_gid != old->st_gid) &&
      fchown(o->fd, old->st_uid, old->st_gid) != 0)
    errno = 0;
  fchmod(o->fd, old->st_mode & 0777);
}

static int open_output(TensorOutput *o) {
  struct stat old;
  if (stat(o->target, &old) != 0) {
    if (errno != ENOENT) return tensor_path_fail(o->path);
    return create_temporary(o);
  }
  if (S_ISDIR(old.st_mode))
    return tensor_fail("%s: is a folder, not a file", o->path);
  if (!S_ISREG(old.st_mode)) {
    o->fd = open(o->target, O_WRONLY | O_CLOEXEC);
    return o->fd >= 0 ? TENSOR_OK : tensor_path_fail(o->path);
  }
  /* a rename would not ask whether the file may be written */
  if (access(o->target, W_OK) != 0) return tensor_path_fail(o->path);
  int status = create_temporary(o);
  if (status == TENSOR_OK) keep_permissions(o, &old);
  return status;
}

TensorOutput *tensor_output_open(const char *path) {
  TensorOutput *o = calloc(1, sizeof *o);
  if (o == NULL) {
    tensor_no_memory((int64_t)sizeof *o);
    return NULL;
  }
  o->fd = -1;
  o->path = strdup(path);
  o->target = realpath(path, NULL);
  if (o->target == NULL) o->target = strdup(path); /* a new file */
  int status = o->path == NULL || o->target == NULL
                   ? tensor_no_memory((int64_t)strlen(path))
                   : open_output(o);
  if (status == TENSOR_OK) return o;
  free_output(o);
  return NULL;
}

int tensor_output_write(TensorOutput *o, const void *data, size_t bytes) {
  const char *from = data;
  while (bytes > 0) {
    size_t chunk = bytes < WRITE_CHUNK ? bytes : WRITE_CHUNK;
    ssize_t done = write(o->fd, from, chunk);
    if (done < 0 && errno != EINTR) return tensor_path_fail(o->path);
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
    if (done < 0) continue;
    from += done;
    bytes -= (size_t)done;
  }
  return TENSOR_OK;
}

/* To the disk and into place. Special files cannot be synced: EINVAL. */
static int finish(TensorOutput *o) {
  if (fsync(o->fd) != 0 && errno != EINVAL && errno != EROFS)
    return tensor_path_fail(o->path);
  int fd = o->fd;
  o->fd = -1;
  if (close(fd) != 0) return tensor_path_fail(o->path);
  if (o->temporary != NULL && rename(o->temporary, o->target) != 0)
    return tensor_path_fail(o->path);
  return TENSOR_OK;
}

int tensor_output_commit(TensorOutput *o) {
  int status = finish(o);
  if (status != TENSOR_OK && o->temporary != NULL) unlink(o->temporary);
  free_output(o);
  return status;
}
