/*
** file_npz.h - what the reader and the writer of npz files share.
*/
#ifndef TENSOR_FILE_NPZ_H
#define TENSOR_FILE_NPZ_H

/* What follows an array's name in its member's. */
#define NPZ_ENDING ".npy"

#endif
