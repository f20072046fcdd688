"""A PNG decoder written from the specification (ISO/IEC 15948), slowly and
plainly: an opinion that owes nothing to libpng.

decode(path) gives (height, width, channels, bytes) by the rules that
tensor.load states: grey, grey and alpha, RGB or RGBA of 8 bits; palettes
become their colours, transparency an alpha channel, samples of another depth
are scaled to 0..255 and rounded to the nearest.
"""
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
# First column and row, and the steps between columns and rows.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
          (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunks(data):
    assert data[:8] == SIGNATURE
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        (crc,) = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert crc == zlib.crc32(kind + body)
        yield kind, body
        at += 12 + size


def paeth(left, up, corner):
    estimate = left + up - corner
    distances = [(abs(estimate - left), 0, left), (abs(estimate - up), 1, up),
                 (abs(estimate - corner), 2, corner)]
    return min(distances)[2]


def unfilter(kind, row, above, step):
    """Undoes a row's filter, in place."""
    for i, byte in enumerate(row):
        left = row[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        guess = [0, left, up, (left + up) // 2,
                 paeth(left, up, corner)][kind]
        row[i] = (byte + guess) & 255


def samples_of(row, depth, count):
    if depth == 16:
        return list(struct.unpack(">%dH" % count, row[:2 * count]))
    if depth == 8:
        return list(row[:count])
    per_byte = 8 // depth
    return [row[i // per_byte] >> (8 - depth * (i % per_byte + 1))
            & (1 << depth) - 1 for i in range(count)]


class Image:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.palette = self.transparency = None
        packed = b""
        for kind, body in chunks(data):
            if kind == b"IHDR":
                (self.width, self.height, self.depth, self.type, _, _,
                 self.interlaced) = struct.unpack(">IIBBBBB", body)
            elif kind == b"PLTE":
                self.palette = [tuple(body[i:i + 3])
                                for i in range(0, len(body), 3)]
            elif kind == b"tRNS":
                self.transparency = body
            elif kind == b"IDAT":
                packed += body
        self.data = zlib.decompress(packed)
        self.at = 0
        self.pixels = [[None] * self.width for _ in range(self.height)]

    def read_pass(self, x0, y0, dx, dy):
        count = SAMPLES[self.type]
        width = (self.width - x0 + dx - 1) // dx
        height = (self.height - y0 + dy - 1) // dy
        if width <= 0 or height <= 0:
            return
        size = (width * count * self.depth + 7) // 8
        step = max(1, count * self.depth // 8)
        above = bytearray(size)
        for y in range(height):
            kind = self.data[self.at]
            row = bytearray(self.data[self.at + 1:self.at + 1 + size])
            self.at += 1 + size
            unfilter(kind, row, above, step)
            above = row
            flat = samples_of(row, self.depth, width * count)
            for x in range(width):
                self.pixels[y0 + y * dy][x0 + x * dx] = tuple(
                    flat[x * count:(x + 1) * count])

    def scaled(self, sample):
        most = (1 << self.depth) - 1
        return (2 * sample * 255 + most) // (2 * most)

    def colour(self, pixel):
        """The bytes of one pixel."""
        if self.type == PALETTE:
            colour = self.palette[pixel[0]]
            if self.transparency is None:
                return colour
            known = pixel[0] < len(self.transparency)
            return colour + (self.transparency[pixel[0]] if known else 255,)
        colour = tuple(self.scaled(sample) for sample in pixel)
        if self.transparency is None or self.type in (GREY_ALPHA, RGBA):
            return colour
        key = struct.unpack(">%dH" % len(pixel), self.transparency)
        return colour + (0 if pixel == key else 255,)


def decode(path):
    image = Image(path)
    passes = PASSES if image.interlaced else [(0, 0, 1, 1)]
    for one in passes:
        image.read_pass(*one)
    colours = [image.colour(p) for row in image.pixels for p in row]
    flat = bytes(byte for colour in colours for byte in colour)
    return image.height, image.width, len(colours[0]), flat
