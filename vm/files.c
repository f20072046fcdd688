/*
** files.c - files for Lua: tensor.save and tensor.load, by the end of the
** path.
*/
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vm/create.h"
#include "vm/files.h"

/* {== formats =========================================================== */

/*
** A format is a row of the table below: the ends of its paths, what loads
** and saves it for Lua, and what these call. `load` pushes its results and
** returns how many; `save` returns a status; the path is at 1, options are a
** table at `options` or nil there.
*/
typedef struct Format Format;
struct Format {
  const char *endings[5];
  int (*load)(lua_State *L, const Format *f, const char *path, int options);
  int (*save)(lua_State *L, const Format *f, const char *path, int options);
  int (*read)(Tensor *out, const char *path); /* of load_one, save_one */
  int (*write)(const Tensor *x, const char *path);
  VmReadFile *read_several; /* of load_several, save_several */
  int (*write_several)(const TensorFile *file, const char *path);
  const char *alone; /* the name of a tensor that is saved without a table;
                        NULL: a file holds one tensor */
  const char *load_options, *save_options; /* their names; NULL: none */
};

static int load_one(lua_State *L, const Format *f, const char *path,
                    int options) {
  (void)options;
  Tensor t = {0};
  int status = f->read(&t, path);
  if (vm_worth_a_retry(L, status)) status = f->read(&t, path);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_push_tensor(L, &t);
  return 1;
}

static int save_one(lua_State *L, const Format *f, const char *path,
                    int options) {
  (void)options;
  return f->write(&vm_check_value(L, 2)->t, path);
}

/* A tensor that was saved alone comes back alone. */
static int load_several(lua_State *L, const Format *f, const char *path,
                        int options) {
  (void)options;
  VmGuard *guard;
  const TensorFile *file = vm_load_file(L, f->read_several, path, &guard);
  if (file->count == 1 && strcmp(file->names[0], f->alone) == 0)
    vm_push_alias(L, &file->tensors[0]);
  else
    vm_push_tensors(L, file);
  vm_guard_release(guard);
  return 1;
}

static int save_several(lua_State *L, const Format *f, const char *path,
                        int options) {
  VmGuard *guard;
  TensorFile *file = vm_new_file(L, &guard);
  const Value *v = vm_to_value(L, 2);
  if (v != NULL)
    vm_take_alone(L, file, v, f->alone);
  else
    vm_take_tensors(L, file, 2, "tensor.save");
  if (lua_istable(L, options)) {
    lua_pushliteral(L, "compress");
    lua_rawget(L, options);
    file->compress = lua_toboolean(L, -1);
  }
  int status = f->write_several(file, path);
  vm_guard_release(guard);
  return status;
}

/* {-- CSV -- */

/* Pushes the option, nil where there is none, and returns its type. */
static int push_option(lua_State *L, int options, const char *name) {
  if (!lua_istable(L, options)) {
    lua_pushnil(L);
    return LUA_TNIL;
  }
  lua_pushstring(L, name);
  return lua_rawget(L, options);
}

static char check_separator(lua_State *L, int options, const char *who) {
  if (push_option(L, options, "separator") == LUA_TNIL) return '\0';
  size_t length = 0;
  const char *text = lua_tolstring(L, -1, &length);
  if (length != 1 || strchr(",;|\t", *text) == NULL)
    vm_error(L, "%s: separator must be \",\", \";\", \"|\" or a tab", who);
  return *text;
}

static TensorCsvOptions check_csv(lua_State *L, int options) {
  static const char who[] = "tensor.load";
  TensorCsvOptions o = {.dtype = nn_default_dtype};
  o.separator = check_separator(L, options, who);
  int type = push_option(L, options, "header");
  if (type == LUA_TBOOLEAN)
    o.header = lua_toboolean(L, -1) ? TENSOR_CSV_NAMES : TENSOR_CSV_NUMBERS;
  else if (type != LUA_TNIL)
    vm_error(L, "%s: header must be true or false, not a %s", who,
             luaL_typename(L, -1));
  push_option(L, options, "dtype");
  o.dtype = vm_check_dtype(L, lua_gettop(L), o.dtype, who);
  return o;
}

static void release_csv(void *csv) {
  tensor_csv_free(csv);
  free(csv);
}

/* The table and, where the file has them, a list of names. */
static int load_csv(lua_State *L, const Format *f, const char *path,
                    int options) {
  (void)f;
  TensorCsvOptions o = check_csv(L, options);
  VmGuard *guard = vm_new_guard(L, release_csv);
  TensorCsv *csv = guard->what = calloc(1, sizeof *csv);
  if (csv == NULL) return vm_raise(L, tensor_no_memory(sizeof *csv));
  int status = tensor_load_csv(csv, path, &o);
  if (vm_worth_a_retry(L, status)) status = tensor_load_csv(csv, path, &o);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_push_alias(L, &csv->table);
  if (csv->names != NULL) lua_newtable(L);
  for (int64_t i = 0; i < csv->count; i++) {
    lua_pushstring(L, csv->names[i]);
    lua_rawseti(L, -2, i + 1);
  }
  int results = csv->names != NULL ? 2 : 1;
  vm_guard_release(guard);
  return results;
}

/* The option names as C strings, which live as long as the options do; and
** how many. */
static char **check_names(lua_State *L, int options, int64_t *count) {
  static const char who[] = "tensor.save";
  int type = push_option(L, options, "names");
  *count = 0;
  if (type == LUA_TNIL) return NULL;
  if (type != LUA_TTABLE || lua_rawlen(L, -1) == 0)
    vm_error(L, "%s: names must be a list of strings, one for each column",
             who);
  int list = lua_gettop(L);
  *count = (int64_t)lua_rawlen(L, list);
  char **names = lua_newuserdatauv(L, (size_t)*count * sizeof *names, 0);
  for (int64_t i = 0; i < *count; i++) {
    if (lua_rawgeti(L, list, i + 1) != LUA_TSTRING)
      vm_error(L, "%s: name %d must be a string, not a %s", who, (int)i + 1,
               luaL_typename(L, -1));
    names[i] = (char *)lua_tostring(L, -1);
    if (strlen(names[i]) != lua_rawlen(L, -1))
      vm_error(L, "%s: name %d holds a zero byte", who, (int)i + 1);
    lua_pop(L, 1);
  }
  return names;
}

static int save_csv(lua_State *L, const Format *f, const char *path,
                    int options) {
  (void)f;
  int64_t count;
  char separator = check_separator(L, options, "tensor.save");
  char **names = check_names(L, options, &count);
  return tensor_save_csv(&vm_check_value(L, 2)->t, path, count, names,
                         separator);
}

/* }-- */

static const Format formats[] = {
    {.endings = {".safetensors"},
     .load = load_several,
     .save = save_several,
     .read_several = tensor_load_safetensors,
     .write_several = tensor_save_safetensors,
     .alone = "tensor"},
    {.endings = {".npz"},
     .load = load_several,
     .save = save_several,
     .read_several = tensor_load_npz,
     .write_several = tensor_save_npz,
     .alone = "arr_0", /* as numpy.savez names it */
     .save_options = "compress"},
    {.endings = {".npy"},
     .load = load_one,
     .save = save_one,
     .read = tensor_load_npy,
     .write = tensor_save_npy},
    {.endings = {".csv", ".csv.gz"},
     .load = load_csv,
     .save = save_csv,
     .load_options = "dtype, header, separator",
     .save_options = "names, separator"},
    {.endings = {".png"},
     .load = load_one,
     .save = save_one,
     .read = tensor_load_png,
     .write = tensor_save_png},
    {.endings = {".idx", ".idx.gz", "-ubyte", "-ubyte.gz"},
     .load = load_one,
     .save = save_one,
     .read = tensor_load_idx,
     .write = tensor_save_idx}};
#define FORMATS (sizeof formats / sizeof formats[0])

static bool ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), n = strlen(ending);
  return length > n && strcasecmp(path + length - n, ending) == 0;
}

/* Pushes the endings of all formats, or of those of several tensors. */
static const char *push_endings(lua_State *L, bool several) {
  int count = 0;
  luaL_Buffer list;
  luaL_buffinit(L, &list);
  for (size_t i = 0; i < FORMATS; i++)
    for (const char *const *e = formats[i].endings; *e != NULL; e++) {
      if (several && formats[i].alone == NULL) continue;
      if (count++ > 0) luaL_addstring(&list, ", ");
      luaL_addstring(&list, *e);
    }
  luaL_pushresult(&list);
  return lua_tostring(L, -1);
}

static const Format *check_format(lua_State *L, const char *path,
                                  const char *who) {
  for (size_t i = 0; i < FORMATS; i++)
    for (const char *const *e = formats[i].endings; *e != NULL; e++)
      if (ends_in(path, *e)) return &formats[i];
  vm_error(L, "%s: '%s': the path must end in one of %s", who, path,
           push_endings(L, false));
  return NULL; /* not reached */
}

/* Whether the word is one of the list "a, b, c". */
static bool is_listed(const char *list, const char *word) {
  size_t n = strlen(word);
  for (const char *p = list; p != NULL; p = strchr(p, ' ')) {
    p += *p == ' ';
    if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0')) return true;
  }
  return false;
}

/* The options at idx: nil, or a table of those listed. */
static void check_options(lua_State *L, int idx, const char *list,
                          const char *path, const char *who) {
  if (lua_isnil(L, idx)) return;
  if (!lua_istable(L, idx))
    vm_error(L, "%s: the options must be a table, not a %s", who,
             luaL_typename(L, idx));
  for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
    bool named = lua_type(L, -2) == LUA_TSTRING;
    const char *name = named ? lua_tostring(L, -2) : luaL_typename(L, -2);
    if (named && is_listed(list, name)) continue;
    vm_error(L, "%s: unknown option '%s'; '%s' takes %s", who, name, path,
             list != NULL ? list : "no options");
  }
}

/* }== tensor.save, tensor.load ========================================== */

static int tensor_file_save(lua_State *L) {
  static const char who[] = "tensor.save";
  lua_settop(L, 3);
  const char *path = vm_check_path(L, 1, who);
  const Format *f = check_format(L, path, who);
  if (vm_to_value(L, 2) == NULL && !lua_istable(L, 2))
    return vm_error(L,
                    "%s: argument #2 must be a tensor or a table of named "
                    "tensors, not a %s",
                    who, luaL_typename(L, 2));
  if (lua_istable(L, 2) && f->alone == NULL)
    return vm_error(L,
                    "%s: '%s' holds one tensor; a table of tensors needs a "
                    "path that ends in one of %s",
                    who, path, push_endings(L, true));
  check_options(L, 3, f->save_options, path, who);
  int status = f->save(L, f, path, 3);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

static int tensor_file_load(lua_State *L) {
  static const char who[] = "tensor.load";
  lua_settop(L, 2);
  const char *path = vm_check_path(L, 1, who);
  const Format *f = check_format(L, path, who);
  check_options(L, 2, f->load_options, path, who);
  return f->load(L, f, path, 2);
}

/* }===================================================================== */

static const char save_help[] =
    "Writes a tensor, or a table of tensors by name, to a file. The end of "
    "the path says how:\n"
    "  .npy            one tensor, as numpy.save writes it\n"
    "  .npz            tensors by name, as numpy.savez; {compress=true} packs\n"
    "                  them, as numpy.savez_compressed\n"
    "  .safetensors    tensors by name\n"
    "  .csv .csv.gz    numbers as text: (rows, columns), or (rows) as one\n"
    "                  column; {names={...}} writes a first line of names,\n"
    "                  {separator=\";\"} puts that between fields\n"
    "  .png            an image (height, width) or (height, width, 1 to 4\n"
    "                  channels); floats mean 0 to 1, out of range is clipped\n"
    "  .idx .idx.gz    uint8, int32, float32 or float64; -ubyte and\n"
    "                  -ubyte.gz are the same\n"
    "All keep dtype and values exactly, but .png (8 bits) and .csv, whose "
    "numbers have as few digits as give them again, and no dtype (true is "
    "1). The other formats take every dtype. The file is written beside its "
    "place and then renamed: a crash leaves the old one whole.\n"
    "Errors: a path that ends otherwise, a folder that does not exist, a "
    "shape or dtype the format has no place for, an unknown option.\n"
    "See also: tensor.load.\n"
    "  > path = os.tmpname();\n"
    "  > x = tensor({{1, 2}, {3, 4}});\n"
    "  > tensor.save(path .. \".npz\", {x=x, mean=x:mean()})\n"
    "  > tensor.load(path .. \".npz\").mean\n"
    "  float32 ()  2.5000\n"
    "  > tensor.save(path .. \".csv\", x / 10, {names={\"a\", \"b\"}})\n"
    "  > io.open(path .. \".csv\"):read(\"a\")\n"
    "  a,b\n"
    "  0.1,0.2\n"
    "  0.3,0.4\n"
    "  > for _, e in ipairs{\"\", \".npz\", \".csv\"} do os.remove(path .. e) "
    "end";

static const char load_help[] =
    "Reads what the end of the path says: a tensor, or a table of tensors by "
    "name.\n"
    "  .npy            bool, integers and floats of any size and byte order;\n"
    "                  complex numbers get a last dim of 2. A Fortran-order\n"
    "                  array is a transposed view\n"
    "  .npz            tensors by name, stored or packed\n"
    "  .safetensors    tensors by name\n"
    "  .csv .csv.gz    (rows, columns) of float32, and a list of the columns'\n"
    "                  names if the first line has them; see below\n"
    "  .png            uint8 (height, width, channels): grey, grey and alpha,\n"
    "                  RGB or RGBA, 16 bits rounded to 8\n"
    "  .idx .idx.gz    any; -ubyte and -ubyte.gz are the same\n"
    "Types that tensors lack become the next that hold them: int8, int16 and "
    "uint16 int32, uint32 int64, float16 and bfloat16 float32; uint64 becomes "
    "int64 if it fits. An .npz or .safetensors file of one tensor that was "
    "saved without a name gives the tensor itself.\n"
    "CSV: fields between commas, semicolons or tabs, as the first line shows "
    "(or {separator=\"|\"}), quoted or not. A first line with a field that is "
    "no number is names ({header=true} or {header=false} decides). Empty "
    "fields, NA, N/A, NaN, null and none are NaN. {dtype=\"float64\"} or any "
    "other dtype: float32 holds about 7 digits, and whole numbers up to 2^24 "
    "exactly.\n"
    "Errors: a file that is not what its name says, is cut off, has bytes "
    "left over, or holds what no tensor can (text, Python objects): no code "
    "in a file is ever run. Of CSV the message tells line and column.\n"
    "See also: tensor.save.\n"
    "  > path = os.tmpname();\n"
    "  > file = io.open(path .. \".csv\", \"w\");\n"
    "  > file:write(\"day;rain\\n1;0.5\\n2;NA\\n\"):close();\n"
    "  > table_of_numbers, names = tensor.load(path .. \".csv\");\n"
    "  > table_of_numbers\n"
    "  float32 (2, 2)\n"
    "    1.0000  0.5000\n"
    "    2.0000     nan\n"
    "  > table.concat(names, \" \")\n"
    "  day rain\n"
    "  > os.remove(path) and os.remove(path .. \".csv\")\n"
    "  true";

const VmFunction vm_functions_files[] = {
    {"tensor.save", "path, x, options", tensor_file_save, save_help},
    {"tensor.load", "path, options", tensor_file_load, load_help},
    {NULL, NULL, NULL, NULL}};
