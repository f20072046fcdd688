/*
** test_csv.c - tables of numbers as text: spellings, numbers to and fro, what
** must be refused, and damage.
*/
#include <float.h>
#include <locale.h>
#include <zlib.h>

#include "tensor/file_csv.h"
#include "tests/tensor/files_support.h"

TestSuite(csv, .init = test_make_folder);

static const TensorCsvOptions plain = {.dtype = TENSOR_FLOAT64};

static const char *file_of(const char *text) {
  const char *path = test_path("a.csv");
  test_write(path, text, strlen(text));
  return path;
}

static int read_text(const char *text, const TensorCsvOptions *options) {
  TensorCsv csv;
  int status = tensor_load_csv(&csv, file_of(text), options);
  if (status == TENSOR_OK) tensor_csv_free(&csv);
  return status;
}

/* The text is a table of that shape and those numbers, without names. */
static void reads_with(const TensorCsvOptions *options, const char *text,
                       int64_t rows, int64_t columns, const double *due) {
  TensorCsv csv;
  test_ok(tensor_load_csv(&csv, file_of(text), options));
  cr_expect_eq(csv.table.dtype, options->dtype);
  cr_expect_eq(csv.count, 0, "names in \"%s\"", text);
  test_expect_shape(&csv.table, TEST_SHAPE(rows, columns));
  for (int64_t i = 0; i < rows * columns; i++)
    cr_expect(test_near(test_at(&csv.table, i), due[i], 0),
              "\"%s\": %g where %g was due", text, test_at(&csv.table, i),
              due[i]);
  tensor_csv_free(&csv);
}

static void reads(const char *text, int64_t rows, int64_t columns,
                  const double *due) {
  reads_with(&plain, text, rows, columns, due);
}

/* The text has these names, between bars. */
static void has_names(const char *text, const char *due,
                      const TensorCsvOptions *options) {
  TensorCsv csv;
  char names[200] = "";
  test_ok(tensor_load_csv(&csv, file_of(text), options));
  cr_assert_eq(csv.count, csv.table.shape[1]);
  for (int i = 0; i < csv.count; i++) {
    strcat(names, i > 0 ? "|" : "");
    strcat(names, csv.names[i]);
  }
  cr_expect_str_eq(names, due);
  tensor_csv_free(&csv);
}

/* {== reading =========================================================== */

Test(csv, tables_in_every_spelling) {
  static const double due[] = {1, 2.5, -3, 4e3};
  reads("1,2.5\n-3,4e3\n", 2, 2, due);
  reads("1,2.5\n-3,4e3", 2, 2, due);
  reads("1,2.5\r\n-3,4e3\r\n", 2, 2, due);
  reads("1,2.5\r-3,4e3\r", 2, 2, due);
  reads("1,2.5\n-3,4e3\n\n\r\n  \n", 2, 2, due);
  reads("1;2.5\n-3;4e3\n", 2, 2, due);
  reads("1\t2.5\n-3\t4e3\n", 2, 2, due);
  reads(" 1 , 2.5 \n\t-3,4e3\t\n", 2, 2, due);
  reads("\"1\",\"2.5\"\n\" -3 \",4e3\n", 2, 2, due);
  reads("\"1\" , \"2.5\"\n-3, \"4e3\"\n", 2, 2, due);
  reads("\xEF\xBB\xBF"
        "1,2.5\n-3,4e3\n",
        2, 2, due);
  reads("1\n2.5\n-3\n4e3\n", 4, 1, due);
  reads("1,2.5,-3,4e3", 1, 4, due);
  TensorCsvOptions bars = plain;
  bars.separator = '|';
  reads_with(&bars, "1|2.5\n-3|4e3\n", 2, 2, due);
  test_remove_folder();
}

Test(csv, missing_and_infinite) {
  static const double due[] = {NAN, NAN, NAN, NAN,      NAN,       NAN,
                               NAN, NAN, NAN, INFINITY, -INFINITY, INFINITY};
  reads(",NA,nan,NaN,N/A,null,None,-nan,\"\",inf,-Infinity,+INF\n", 1, 12, due);
  reads(",\n,\n", 2, 2, due);
  reads("\"\"\n\"\"\n", 2, 1, due);
  test_remove_folder();
}

Test(csv, names) {
  static const double due[] = {2020, 2021, 1, 2};
  has_names("a,b\n1,2\n", "a|b", &plain);
  has_names("a,b\n", "a|b", &plain);
  has_names("\"a, b\",\"say \"\"x\"\"\"\n1,2\n", "a, b|say \"x\"", &plain);
  has_names(" a , \" b \" \n1,2\n", "a| b ", &plain);
  has_names(",b\n1,2\n", "|b", &plain);
  has_names("\xEF\xBB\xBFz\xC3\xA4hl;b\n1;2\n", "z\xC3\xA4hl|b", &plain);
  has_names("\"two\nlines\",b\r\n1,2\r\n", "two\nlines|b", &plain);
  has_names("a\"b,c\n1,2\n", "a\"b|c", &plain);
  reads("2020,2021\n1,2\n", 2, 2, due);
  TensorCsvOptions o = plain;
  o.header = TENSOR_CSV_NAMES;
  has_names("2020,2021\n1,2\n", "2020|2021", &o);
  o.header = TENSOR_CSV_NUMBERS;
  test_fails(read_text("a,2\n1,2\n", &o), "line 1, column 1: 'a' is not");
  test_remove_folder();
}

Test(csv, dtypes) {
  static const double due[] = {0, 1, 1};
  static const char large[] = "9007199254740993,-9223372036854775808\n";
  TensorCsvOptions o = {.dtype = TENSOR_BOOL};
  TensorCsv csv;
  for (int i = 0; i < TENSOR_DTYPE_COUNT; i++) {
    o.dtype = (TensorDType)i;
    reads_with(&o, "0,1,1.0\n", 1, 3, due);
  }
  o.dtype = TENSOR_INT64;
  test_ok(tensor_load_csv(&csv, file_of(large), &o));
  cr_expect_eq(test_int_at(&csv.table, 0), 9007199254740993);
  cr_expect_eq(test_int_at(&csv.table, 1), INT64_MIN);
  tensor_csv_free(&csv);
  test_fails(read_text("1\n9223372036854775808\n", &o), "line 2, column 1");
  test_fails(read_text("1\n1.5\n", &o), "'1.5' is not a whole number");
  test_fails(read_text("1\nNA\n", &o), "'NA' is not a whole number");
  test_fails(read_text("1\ninf\n", &o), "'inf' is not a whole number");
  o.dtype = TENSOR_UINT8;
  test_fails(read_text("255\n256\n", &o), "'256' is not a whole number");
  test_fails(read_text("255\n-1\n", &o), "'-1' is not a whole number");
  o.dtype = TENSOR_INT32;
  test_fails(read_text("0\n2147483648\n", &o), "'2147483648'");
  o.dtype = TENSOR_BOOL;
  test_fails(read_text("0\n2\n", &o), "'2' is not a whole number");
  test_remove_folder();
}

Test(csv, gzipped) {
  static const double due[] = {1, 2};
  const char *path = test_path("a.csv");
  gzFile f = gzopen(path, "wb");
  for (int i = 0; i < 100000; i++) gzputs(f, "1,2\n");
  gzclose(f);
  TensorCsv csv;
  test_ok(tensor_load_csv(&csv, path, &plain));
  test_expect_shape(&csv.table, TEST_SHAPE(100000, 2));
  for (int i = 0; i < 200000; i++)
    cr_assert_eq(test_at(&csv.table, i), due[i % 2]);
  tensor_csv_free(&csv);
  test_remove_folder();
}

/* }== numbers =========================================================== */

/* The field as the C library reads it, in C's own locale. */
static void number_is(const char *text, double due) {
  CsvField field = {.text = text, .length = (int64_t)strlen(text)};
  double value = 0;
  cr_assert(tensor_csv_number(&field, &value), "%s", text);
  cr_assert(value == due && signbit(value) == signbit(due),
            "%s is %.17g, not %.17g", text, value, due);
}

/* Decimals of 1 to 40 digits, with points and exponents anywhere. */
Test(csv, numbers_are_read_exactly) {
  static const char *const texts[] = {
      "0",
      "-0",
      "+0.0",
      "1.",
      ".5",
      "-.5e1",
      "1e22",
      "1e23",
      "1e-22",
      "123456789012345e22",
      "9007199254740993",
      "0.1",
      "1e400",
      "-1e400",
      "1e-400",
      "4.9406564584124654e-324",
      "2.2250738585072011e-308",
      "1.7976931348623157e308",
      "1e99999999999999999999",
      "0.000000000000000000000000000000000000000000000000000000001",
      "00000000000000000000000000000000000000000000000000000001.50",
      "123456789012345678901234567890.123456789012345678901234567890"};
  char text[80];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    number_is(texts[i], strtod(texts[i], NULL));
  for (int i = 0; i < 200000; i++) {
    int n = 0, digits = 1 + (int)(test_random() % 40);
    int point = (int)(test_random() % 42);
    if (test_random() % 2) text[n++] = '-';
    for (int k = 0; k < digits; k++) {
      if (k == point) text[n++] = '.';
      text[n++] = (char)('0' + test_random() % 10);
    }
    text[n] = '\0';
    if (test_random() % 2)
      sprintf(text + n, "e%d", (int)(test_random() % 700) - 350);
    number_is(text, strtod(text, NULL));
  }
  test_remove_folder();
}

Test(csv, what_is_no_number) {
  static const char *const texts[] = {
      "a",   "1a",    "1 2",  "--1",   "+-1", "1e",  "1e+",  "e5",
      ".",   "-",     "+",    "1.2.3", "0x1", "1_0", "1,5",  "infinit",
      "-NA", "-null", "True", "1e5.0", "1f",  "$1",  "1e 5", "\xC3\xA4"};
  double value;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    CsvField field = {.text = texts[i], .length = (int64_t)strlen(texts[i])};
    cr_expect(!tensor_csv_number(&field, &value), "%s", texts[i]);
  }
  test_remove_folder();
}

static void comes_back(Tensor t) {
  const char *path = test_path("a.csv");
  TensorCsvOptions o = {.dtype = t.dtype, .header = TENSOR_CSV_NUMBERS};
  TensorCsv csv;
  Tensor copy = {0}, back = {0};
  int64_t n = tensor_numel(&t);
  test_ok(tensor_save_csv(&t, path, 0, NULL, '\0'));
  test_ok(tensor_load_csv(&csv, path, &o));
  cr_assert_eq(csv.table.ndim, 2);
  cr_assert_eq(csv.table.shape[1], t.ndim > 1 ? t.shape[1] : 1);
  test_ok(tensor_as(&copy, &t, t.dtype));
  cr_assert(tensor_view_as(&back, &csv.table, t.ndim, t.shape));
  for (int64_t i = 0; i < n; i++)
    cr_assert(test_near(test_at(&back, i), test_at(&copy, i), 0) &&
                  test_int_at(&back, i) == test_int_at(&copy, i),
              "%.17g came back as %.17g", test_at(&copy, i), test_at(&back, i));
  tensor_release(&back);
  tensor_release(&copy);
  tensor_csv_free(&csv);
  tensor_release(&t);
}

/* Any bits are a float. */
static Tensor random_bits(TensorDType dtype, int64_t count) {
  Tensor t = test_make(dtype, TEST_SHAPE(count, 3));
  for (int64_t i = 0; i < tensor_bytes(&t); i++)
    t.data[i] = (char)test_random();
  return t;
}

Test(csv, every_number_comes_back) {
  static const double values[] = {
      0,       1,        0.1,      1.0 / 3,  16777217, 1e6,      999999,
      1234567, 1e20,     1e-5,     DBL_MAX,  DBL_MIN,  0x1p-149, FLT_MAX,
      FLT_MIN, INFINITY, 1e15 / 7, 123456.5, 1e300,    5e-324,   -2.5};
  for (int i = 0; i < TENSOR_DTYPE_COUNT; i++) {
    comes_back(test_make((TensorDType)i, 0, NULL));
    comes_back(test_make((TensorDType)i, TEST_SHAPE(7)));
    for (int k = 0; k < TEST_LAYOUTS; k++)
      comes_back(test_view((TestLayout)k, (TensorDType)i, TEST_SHAPE(5, 3)));
  }
  comes_back(test_from(TENSOR_FLOAT64, values, TEST_SHAPE(7, 3)));
  comes_back(test_from(TENSOR_FLOAT32, values, TEST_SHAPE(7, 3)));
  comes_back(random_bits(TENSOR_FLOAT32, 20000));
  comes_back(random_bits(TENSOR_FLOAT64, 20000));
  comes_back(random_bits(TENSOR_INT64, 100));
  comes_back(random_bits(TENSOR_INT32, 100));
  test_remove_folder();
}

/* }== writing =========================================================== */

static void writes(Tensor t, int64_t count, char *const *names, char separator,
                   const char *due) {
  const char *path = test_path("a.csv");
  test_ok(tensor_save_csv(&t, path, count, names, separator));
  Bytes b = test_read(path);
  b.data[b.length] = '\0';
  cr_expect_str_eq((char *)b.data, due);
  free(b.data);
  tensor_release(&t);
}

Test(csv, writes_few_digits) {
  static const double values[] = {0.1, -0.0, 3,   NAN,   INFINITY, 1e-20,
                                  2.5, 1e20, 1e6, 1e100, 0.3,      123456789};
  static char *const names[] = {"a", "", "b c", " d", "e,f", "say \"g\""};
  writes(test_from(TENSOR_FLOAT64, values, TEST_SHAPE(2, 6)), 6, names, '\0',
         "a,\"\",b c,\" d\",\"e,f\",\"say \"\"g\"\"\"\n"
         "0.1,-0,3,nan,inf,1e-20\n2.5,1e+20,1000000,1e+100,0.3,123456789\n");
  writes(test_from(TENSOR_FLOAT32, values, TEST_SHAPE(3)), 0, NULL, ';',
         "0.1\n-0\n3\n");
  writes(test_from(TENSOR_FLOAT32, values, TEST_SHAPE(1, 2)), 0, NULL, ';',
         "0.1;-0\n");
  writes(test_from(TENSOR_BOOL, values, TEST_SHAPE(1, 2)), 0, NULL, '\t',
         "1\t0\n");
  static const double longer[] = {0.1234567890123456, 0.44470516, 1.0 / 3};
  writes(test_from(TENSOR_FLOAT64, longer, TEST_SHAPE(1, 3)), 0, NULL, '\0',
         "0.1234567890123456,0.44470516,0.3333333333333333\n");
  writes(test_from(TENSOR_FLOAT32, longer, TEST_SHAPE(1, 3)), 0, NULL, '\0',
         "0.12345679,0.44470516,0.33333334\n");
  writes(test_make(TENSOR_BOOL, TEST_SHAPE(0, 2)), 2, names, '\0', "a,\"\"\n");
  test_remove_folder();
}

static void not_written(Tensor t, int64_t count, const char *text) {
  static char *const names[] = {"a", "b", "c", "d"};
  test_fails(tensor_save_csv(&t, test_path("a.csv"), count, names, ','), text);
  tensor_release(&t);
}

Test(csv, refuses_to_write) {
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(2, 2, 2)), 0, "at most 2 dim");
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(2, 3)), 2, "2 names for 3");
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(2)), 2, "2 names for 1");
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(2, 0)), 0, "nothing to write");
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(0, 2)), 0, "nothing to write");
  not_written(test_make(TENSOR_INT32, TEST_SHAPE(0)), 0, "nothing to write");
  cr_expect_eq(test_remove_folder(), 0);
}

Test(csv, an_interrupt_leaves_the_old_file) {
  const char *path = test_path("a.csv");
  Tensor t = test_make(TENSOR_INT32, TEST_SHAPE(100, 1000));
  TensorCsv csv;
  test_write(path, "1\n", 2);
  tensor_interrupt = 1;
  cr_expect_eq(tensor_save_csv(&t, path, 0, NULL, ','), TENSOR_INTERRUPTED);
  cr_expect_eq(tensor_load_csv(&csv, path, &plain), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  reads("1\n", 1, 1, (double[]){1});
  tensor_release(&t);
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
}

/* A comma between whole part and fraction is another number here. */
Test(csv, locale_has_no_say) {
  static const double values[] = {0.5, 1e-20};
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
                                      "de_DE.utf8", "C.UTF-8"};
  int tried = 0;
  for (int i = 0; i < 4 && tried == 0; i++)
    tried = setlocale(LC_ALL, names[i]) != NULL;
  writes(test_from(TENSOR_FLOAT64, values, TEST_SHAPE(1, 2)), 0, NULL, ',',
         "0.5,1e-20\n");
  reads("0.5,1.00000000000000000000001e-20\n", 1, 2, values);
  test_remove_folder();
}

/* }== what must be refused ============================================== */

Test(csv, refuses) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "there is nothing in it"},
      {"\n\n", "there is nothing in it"},
      {"\xEF\xBB\xBF\n", "there is nothing in it"},
      {"1,2\n3\n", "line 2 has 1 fields, but line 1 has 2"},
      {"1,2\n3,4,5\n", "line 2 has 3 fields, but line 1 has 2"},
      {"a,b\n1,2\n3,4,\n", "line 3 has 3 fields, but line 1 has 2"},
      {"1,2\n\n3,4\n", "line 2 is empty"},
      {"1\n\n2\n", "line 2 is empty"},
      {"\n1,2\n", "line 1 is empty"},
      {"a,b\n1,2\n3,x\n", "line 3, column 2 ('b'): 'x' is not a number"},
      {"1,2\n3,1.2.3\n", "line 2, column 2: '1.2.3' is not a number"},
      {"\"a\nb\",c\n1,x\n", "line 3, column 2 ('c'): 'x'"},
      {"1;5\n1,5;2\n", "line 2, column 1: '1,5' is not a number"},
      {"1,2\n\"3,4\n", "line 2: a quote is not closed"},
      {"1,2\n\"3\"4,5\n", "line 2: something stands behind a closing quote"},
      {"\"", "line 1: a quote is not closed"},
      {"1\n\"\"\"\n", "line 2: a quote is not closed"},
      {"1\n\x01\x02\n", "is not text: it holds a byte of value 1"},
      {"1\n\"a\nb\"\n", "line 2, column 1: 'a b' is not a number"},
      {"\xFF\xFE"
       "1",
       "UTF-16"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    test_fails(read_text(cases[i].text, &plain), cases[i].message);
    cr_expect(strncmp(tensor_message(), test_folder, strlen(test_folder)) == 0);
  }
  const char *path = test_path("a.csv");
  test_write(path, "1,\0\n", 4);
  TensorCsv csv;
  test_fails(tensor_load_csv(&csv, path, &plain), "holds a byte of value 0");
  test_fails(tensor_load_csv(&csv, test_path("b.csv"), &plain), "No such file");
  char *words = malloc(100001);
  memset(words, 'x', 100000);
  memcpy(words, "1\n", 2);
  words[100000] = '\0';
  test_fails(read_text(words, &plain), "'xxxxxxxxxx");
  free(words);
  test_remove_folder();
}

/* A first line of many fields and many lines of one do not make a table of
** their product. */
Test(csv, no_more_elements_than_fields) {
  char *text = malloc(400001);
  memset(text, ',', 200000);
  for (int i = 0; i < 100000; i++) memcpy(text + 200000 + 2 * i, "\n1", 2);
  text[400000] = '\0';
  int64_t before = tensor_memory().peak;
  test_fails(read_text(text, &plain), "line 2 has 1 fields");
  cr_expect_lt(tensor_memory().peak, before + 4000000);
  free(text);
  test_remove_folder();
}

/* }== damage ============================================================ */

static int read_any(const char *path) {
  static const TensorCsvOptions guess = {.dtype = TENSOR_FLOAT32};
  TensorCsv csv;
  int status = tensor_load_csv(&csv, path, &guess);
  if (status == TENSOR_OK) tensor_csv_free(&csv);
  return status;
}

/* The whole range of what a file can be made of, in any order. */
static void random_text(const char *path) {
  static const char letters[] = "0123456789,,,;\t\n\n\r\"\"  .-+eEainfNA\xC3";
  char text[60];
  size_t length = (size_t)test_random() % sizeof text;
  for (size_t i = 0; i < length; i++)
    text[i] = letters[(size_t)test_random() % (sizeof letters - 1)];
  test_write(path, text, length);
}

Test(csv, survives_damage, .timeout = 240) {
  static const char text[] = "\xEF\xBB\xBF"
                             "a,\"b \"\"c\"\"\",d\r\n1,\"2.5\",nan\r\n"
                             "-3e5,,1e-300\r\n";
  const char *path = test_path("a.csv");
  for (size_t length = 0; length < sizeof text; length++) {
    test_write(path, text, length);
    int status = read_any(path);
    cr_assert(status == TENSOR_OK || status == TENSOR_FAIL);
  }
  test_write(path, text, sizeof text - 1);
  test_ok(read_any(path));
  test_flips(path, read_any, 4000);
  for (int i = 0; i < 5000; i++) {
    random_text(path);
    int status = read_any(path);
    cr_assert(status == TENSOR_OK || status == TENSOR_FAIL);
  }
  Tensor t = test_make(TENSOR_FLOAT32, TEST_SHAPE(5, 5));
  const char *packed = test_path("b.csv.gz");
  test_ok(tensor_save_csv(&t, packed, 0, NULL, '\0'));
  test_cuts(packed, read_any);
  test_flips(packed, read_any, 2000);
  tensor_release(&t);
  test_remove_folder();
}

/* }===================================================================== */
