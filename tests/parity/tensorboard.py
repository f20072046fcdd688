"""Reads TensorBoard event files by the format's description alone (struct
and checksums, no TensorFlow) and compares with what the program says it has
written.

tensorboard.py FOLDER   the folder that tensorboard.lua filled; closes with
                        "tensorboard: N passed, N failed"
"""
import glob
import json
import struct
import sys

import numpy

import png

passed = failed = 0


def check(name, good, what=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED %s %s" % (name, what))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 & -(crc & 1))
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        (length,) = struct.unpack("<Q", head)
        body = data[at + 12:at + 12 + length]
        first, = struct.unpack("<I", data[at + 8:at + 12])
        last, = struct.unpack("<I", data[at + 12 + length:at + 16 + length])
        assert len(body) == length and first == masked(head)
        assert last == masked(body)
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """A message as {field number: [values]}; the values are whole numbers,
    or bytes that are still to be read."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            if kind == 2:
                size, at = varint(data, at)
            else:
                size = {1: 8, 5: 4}[kind]
            assert at + size <= len(data)
            value, at = data[at:at + size], at + size
        found.setdefault(number, []).append(value)
    return found


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def shape_of(message):
    return [signed(fields(dim).get(1, [0])[0])
            for dim in fields(message).get(2, [])]


def tensor_of(message):
    """(shape, an array or a list of strings)"""
    m = fields(message)
    shape = shape_of(m[2][0])
    if m[1][0] == 7:
        return shape, m.get(8, [])
    data = numpy.frombuffer(m[4][0], {1: "<f4", 2: "<f8"}[m[1][0]])
    return shape, data.reshape(shape)


class Run:
    def __init__(self, folder):
        files = glob.glob(folder + "/*tfevents*")
        assert len(files) == 1, files
        with open(files[0], "rb") as file:
            events = [fields(body) for body in records(file.read())]
        assert events[0][3] == [b"brain.Event:2"] and 2 not in events[0]
        self.scalars, self.images, self.tensors = {}, {}, {}
        self.plugins, self.graph, before = {}, None, 0
        for event in events:
            (time,) = struct.unpack("<d", event[1][0])
            assert time >= before > -1 and time > 1.6e9
            before = time
            step = signed(event.get(2, [0])[0])
            if 4 in event:
                self.graph = event[4][0]
            for summary in event.get(5, []):
                for value in fields(summary).get(1, []):
                    self.take(step, fields(value))

    def take(self, step, value):
        tag = value[1][0].decode()
        if 9 in value:
            metadata = fields(value[9][0])
            plugin = fields(metadata[1][0])[1][0].decode()
            assert tag not in self.plugins, "described twice"
            self.plugins[tag] = (plugin, metadata[4][0])
        if 2 in value:
            self.scalars[tag, step] = struct.unpack("<f", value[2][0])[0]
        elif 4 in value:
            self.images[tag, step] = fields(value[4][0])
        else:
            shape, data = tensor_of(value[8][0])
            plugin, _ = self.plugins[tag]
            if plugin == "scalars":
                self.scalars[tag, step] = float(data)
            else:
                self.tensors[tag, step] = shape, data


def decode(body, folder):
    path = folder + "tensorboard_image.png"
    with open(path, "wb") as file:
        file.write(body)
    return png.decode(path)


def check_scalars(folder, expected):
    for name, values in expected["runs"].items():
        run = Run(folder + "tensorboard/" + name)
        for v in values:
            got = run.scalars.pop((v["tag"], v["step"]), None)
            check("%s %s %d" % (name, v["tag"], v["step"]),
                  got == numpy.float32(v["value"]), "%r" % got)
        check(name + ": nothing else", not run.scalars, "%r" % run.scalars)


def check_weights(folder):
    for form in ("simple", "keras"):
        run = Run(folder + "tensorboard/%s/train" % form)
        shape, rows = run.tensors["kernels/kernel/histogram", 3]
        check(form + " histogram", shape == [30, 3] and rows[:, 2].sum() == 108
              and (rows[1:, 0] == rows[:-1, 1]).all())
        check(form + " plugin", run.plugins["kernels/kernel/histogram"]
              == ("histograms", 2))
        shape, rows = run.tensors["last/bias/histogram", 3]
        check(form + " one value", shape == [1, 3]
              and numpy.allclose(rows[0, 1] - rows[0, 0], 1))
        if form == "simple":
            m = run.images["kernels/kernel/image", 3]
            size, body = [m[1][0], m[2][0], m[3][0]], m[4][0]
        else:
            _, (width, height, body) = run.tensors["kernels/kernel/image", 3]
            size = [int(height), int(width), 3]
            check("keras picture", run.plugins["kernels/kernel/image"]
                  == ("images", 3))
        h, w, channels, _ = decode(body, folder)
        check(form + " picture", [h, w, channels] == size == [12, 12, 3])


def check_graph(folder, expected):
    graph = fields(Run(folder + "tensorboard/graph/train").graph)
    got = {}
    for node in graph[1]:
        m = fields(node)
        (attr,) = m[5]
        key, value = fields(attr)[1][0], fields(fields(attr)[2][0])
        assert key == b"_output_shapes"
        got[m[1][0].decode()] = {
            "op": m[2][0].decode(),
            "inputs": [name.decode() for name in m.get(3, [])],
            "shape": shape_of(fields(value[1][0])[7][0]),
        }
    check("graph", got == expected["graph"], "%r" % got)


def check_own(folder):
    run = Run(folder + "tensorboard/own/train")
    with numpy.load(folder + "tensorboard_own.npz") as file:
        numbers, picture = file["numbers"], file["picture"]
    finite = numbers[numpy.isfinite(numbers)]
    counts, edges = numpy.histogram(finite, 30)
    _, rows = run.tensors["numbers", 5]
    check("counts", (rows[:, 2] == counts).all())
    check("edges", numpy.allclose(rows[:, 0], edges[:-1], rtol=1e-12)
          and numpy.allclose(rows[:, 1], edges[1:], rtol=1e-12))
    check("ends", rows[0, 0] == finite.min() and rows[29, 1] == finite.max())
    m = run.images["picture", 6]
    h, w, channels, data = decode(m[4][0], folder)
    check("picture", (h, w, channels) == picture.shape
          and bytes(data) == picture.tobytes())
    check("text", run.tensors["notes", 2] == ([], [b"a *text*"])
          and run.plugins["notes"] == ("text", 2))


def main():
    folder = sys.argv[1] + "/"
    with open(folder + "tensorboard.json") as file:
        expected = json.load(file)
    assert crc32c(b"123456789") == 0xE3069283
    check_scalars(folder, expected)
    check_weights(folder)
    check_graph(folder, expected)
    check_own(folder)
    print("tensorboard: %d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


main()
