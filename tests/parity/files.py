"""Files to and fro: NumPy and Python read what nnlua wrote, and know what
nnlua must have read.

files.py make FOLDER    writes files and their list for files.lua
files.py check FOLDER   compares, prints what differs, and closes with
                        "files: N passed, N failed"
"""
import csv
import glob
import gzip
import io
import json
import os
import re
import struct
import sys
import zipfile

import numpy

import png

WIDER = {"i1": "i4", "i2": "i4", "u2": "i4", "u4": "i8", "u8": "i8",
         "f2": "f4"}
DTYPES = {"F32": "f4", "F64": "f8", "I64": "i8", "I32": "i4", "U8": "u1",
          "BOOL": "b1"}


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(
            data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def widened(array):
    """The array as nnlua has it."""
    array = numpy.asarray(array)
    array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind == "c":
        pairs = numpy.ascontiguousarray(array).reshape(array.shape + (1,))
        return pairs.view("f%d" % (array.dtype.itemsize // 2))
    kind = array.dtype.kind + str(array.dtype.itemsize)
    return array.astype(WIDER.get(kind, kind))


def same(ours, theirs):
    return (ours.dtype == theirs.dtype and ours.shape == theirs.shape
            and ours.tobytes() == theirs.tobytes())


# What nnlua loads -----------------------------------------------------------

class Maker:
    """Writes files; knows what each must be loaded as, by name."""

    def __init__(self, folder):
        self.folder = folder
        self.random = numpy.random.RandomState(5)
        self.files, self.expected, self.columns = [], {}, {}

    def add(self, name, path, options=None):
        entry = {"name": name, "path": path}
        if options:
            entry["options"] = options
        self.files.append(entry)

    def path(self, name):
        return os.path.join(self.folder, "made-" + name)

    def array(self, dtype, shape):
        dtype = numpy.dtype(dtype)
        if dtype.kind == "b":
            return self.random.rand(*shape) < 0.5
        if dtype.kind in "iu":
            most = min(numpy.iinfo(dtype).max, 2 ** 63 - 1)
            low = max(numpy.iinfo(dtype).min, -2 ** 63)
            draw = self.random.randint(low, most, shape, "i8")
            return draw.astype(dtype)
        values = self.random.randn(*shape) * 100
        if dtype.kind == "c":
            values = values + 1j * self.random.randn(*shape)
        return numpy.asarray(values).astype(dtype)

    def npy(self):
        kinds = ["b1", "u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f2",
                 "f4", "f8", "c8", "c16"]
        shapes = [(), (7,), (3, 4), (2, 0, 3), (2, 3, 4, 1, 2, 1, 1)]
        for kind in kinds:
            for order in "<>":
                for number, shape in enumerate(shapes):
                    for layout in "CF":
                        array = numpy.asarray(
                            self.array(order + kind, shape), order=layout)
                        self.one_npy("%s%s-%d%s" % (
                            kind, "be" if order == ">" else "", number,
                            layout), array, (1 + number % 3, 0))

    def one_npy(self, name, array, version):
        path = self.path(name + ".npy")
        with open(path, "wb") as file:
            numpy.lib.format.write_array(file, array, version)
        self.add(name, path)
        self.expected[name] = widened(array)

    def npz(self):
        arrays = {"a": self.array("f4", (3, 4)), "b/c": self.array("i8", (5,)),
                  "zw\u00f6lf": self.array(">i2", (2, 2)),
                  "empty": self.array("f8", (0, 3)),
                  "f": numpy.asfortranarray(self.array("f8", (3, 4))),
                  "zeros": numpy.zeros((300, 300))}
        for name, save in (("stored", numpy.savez),
                           ("packed", numpy.savez_compressed)):
            path = self.path(name + ".npz")
            save(path, **arrays)
            self.add(name, path)
            for key, array in arrays.items():
                self.expected[name + "/" + key] = widened(array)
        path = self.path("alone.npz")
        numpy.savez(path, arrays["a"])
        self.add("alone", path)
        self.expected["alone"] = arrays["a"]

    def csv(self):
        table = self.random.randn(30, 4) * 10.0 ** self.random.randint(
            -30, 30, (30, 4))
        numpy.savetxt(self.path("savetxt.csv"), table, delimiter=",")
        numpy.savetxt(self.path("few.csv"), table, "%.3g", delimiter="\t")
        few = numpy.array([[float("%.3g" % x) for x in row] for row in table])
        names = ["x", "y, z", "say \"w\"", "v\nu"]
        for name, quoting in (("quoted", csv.QUOTE_ALL),
                              ("unquoted", csv.QUOTE_MINIMAL)):
            with open(self.path(name + ".csv"), "w", newline="") as file:
                writer = csv.writer(file, quoting=quoting)
                writer.writerow(names)
                writer.writerows([[repr(x) for x in row] for row in table])
            self.columns[name] = self.columns[name + "32"] = names
        for name, values in (("savetxt", table), ("few", few),
                             ("quoted", table), ("unquoted", table)):
            path = self.path(name + ".csv")
            self.add(name, path, {"dtype": "float64"})
            self.add(name + "32", path)
            self.expected[name] = values
            self.expected[name + "32"] = values.astype("f4")

    def real_data(self):
        """Files of others, where they are."""
        where = os.environ.get("NNLUA_DATA", "../shared/data")
        suite = os.environ.get("NNLUA_PNGSUITE",
                               os.path.join(where, "pngsuite", "png"))
        pictures = sorted(glob.glob(os.path.join(suite, "[!x]*.png")))
        for path in pictures:
            name = os.path.basename(path)
            height, width, channels, flat = png.decode(path)
            self.add(name, os.path.abspath(path))
            self.expected[name] = numpy.frombuffer(flat, "u1").reshape(
                height, width, channels)
        print("PngSuite: %d files" % len(pictures) if pictures else
              "PngSuite: skipped, it is not in %s" % suite)
        for path in glob.glob(os.path.join(where, "squeezenet", "*.npy")):
            name = os.path.basename(path)
            self.add(name, os.path.abspath(path))
            self.expected[name] = widened(numpy.load(path))

    def write(self):
        for make in (self.npy, self.npz, self.csv, self.real_data):
            make()
        with open(os.path.join(self.folder, "files.json"), "w") as file:
            json.dump(self.files, file)


def check_loaded(folder, report):
    maker = Maker(folder)  # the same seed, the same arrays
    maker.write()
    loaded = read_safetensors(os.path.join(folder, "loaded.safetensors"))
    with open(os.path.join(folder, "loaded.json")) as file:
        notes = json.load(file)
    for name, note in notes.items():
        report("error" not in note, name, note.get("error"))
        report(note.get("columns") == maker.columns.get(name), name,
               "columns %s" % note.get("columns"))
    for name, theirs in maker.expected.items():
        ours = loaded.get(name)
        report(ours is not None and same(ours, theirs), name,
               "is loaded as %r, expected %r" % (ours, theirs))
    for name in loaded:
        report(name in maker.expected, name, "nobody wrote it")


# What nnlua saved -----------------------------------------------------------

def as_saved(array):
    file = io.BytesIO()
    numpy.save(file, numpy.ascontiguousarray(array).reshape(array.shape))
    return file.getvalue()


def digits(text):
    """How many digits of a number matter."""
    whole = re.sub("[eE].*", "", text).replace(".", "").lstrip("-0")
    return len(whole.rstrip("0"))


def check_csv(path, array, report):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as file:
        cells = [line.rstrip("\n").split(",") for line in file]
    kind = array.dtype.kind
    values = numpy.array([[float(x) if kind == "f" else int(x) for x in row]
                          for row in cells]).astype(array.dtype)
    table = array.reshape(len(array) if array.ndim else 1, -1)
    report(values.shape == table.shape
           and numpy.array_equal(values, table, equal_nan=kind == "f"), path,
           "holds %r, expected %r" % (values, table))
    if kind != "f":
        return
    for text, value in zip(sum(cells, []), array.flatten()):
        if numpy.isfinite(value):
            shortest = numpy.format_float_scientific(value)
            report(digits(text) <= digits(shortest), path,
                   "%s is longer than %s" % (text, shortest))


def check_saved(folder, report):
    def saved(name):
        return os.path.join(folder, "saved-" + name)

    samples = read_safetensors(saved("all.safetensors"))
    report(len(samples) > 40, "saved", "too few samples")
    for name, array in samples.items():
        with open(saved(name + ".npy"), "rb") as file:
            report(file.read() == as_saved(array), name + ".npy",
                   "differs from numpy.save's")
        for ending in (".csv", ".csv.gz"):
            if array.size and array.ndim <= 2:
                check_csv(saved(name + ending), array, report)
        if os.path.exists(saved(name + ".png")):
            height, width, channels, flat = png.decode(saved(name + ".png"))
            ours = numpy.frombuffer(flat, "u1").reshape(height, width)
            report(channels == 1 and same(ours, array), name, "PNG differs")
    for name in ("stored.npz", "packed.npz"):
        report(zipfile.ZipFile(saved(name)).testzip() is None, name, "damaged")
        arrays = numpy.load(saved(name))
        report(sorted(arrays.files) == sorted(samples), name, "other names")
        for key in arrays.files:
            report(same(arrays[key], samples[key]), name, key + " differs")
    alone = numpy.load(saved("alone.npz"))
    report(alone.files == ["arr_0"] and
           same(alone["arr_0"], samples["float32-plain"]), "alone.npz",
           "holds %s" % alone.files)
    report(numpy.load(saved("none.npz")).files == [], "none.npz", "not empty")
    names = sorted(numpy.load(saved("names.npz")).files)
    report(names == ["", "a/b", "zw\u00f6lf"], "names.npz", names)
    many = zipfile.ZipFile(saved("many.npz")).namelist()
    report(len(set(many)) == 65600, "many.npz", len(many))
    with open(saved("names.csv"), newline="") as file:
        first = next(csv.reader(file))
    report(first == ["a", "b, c", 'd "e"', "f\ng", " h", "i"], "names.csv",
           first)


def main():
    action, folder = sys.argv[1:]
    if action == "make":
        Maker(folder).write()
        return
    counts = {True: 0, False: 0}

    def report(fine, name, problem):
        counts[bool(fine)] += 1
        if not fine:
            print("%s: %s" % (name, problem))

    check_loaded(folder, report)
    check_saved(folder, report)
    print("files: %d passed, %d failed" % (counts[True], counts[False]))
    sys.exit(1 if counts[False] or not counts[True] else 0)


if __name__ == "__main__":
    main()
