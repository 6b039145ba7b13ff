"""Pillow, lxml, cryptography and cffi, installed by `pip --user`: a tool with a sub-command for each part.

Only `thumbnail` ever runs while slim watches; the other sub-commands' modules and their libraries
were never loaded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Image, contains, equal

PROBE_ARGUMENTS = ("--", "thumbnail")

ANSWERS = {
    "thumbnail": """\
(1, 1) PNG
""",
    "formats": """\
JPEG JPEG (32, 32)
GIF GIF (32, 32)
WEBP WEBP (32, 32)
TIFF TIFF (32, 32)
BMP BMP (32, 32)
ICO ICO (32, 32)
PPM PPM (32, 32)
TGA TGA (32, 32)
PCX PCX (32, 32)
JPEG2000 JPEG2000 (32, 32)
PDF b'PDF'
EPS b'!PS'
AVIF AVIF (32, 32)
2 True
""",
    "text": """\
('DejaVu Sans', 'Bold') (0, 0, 200, 40) 0
True False True
""",
    "filters": """\
True
(0, 255) (32, 32)
RGB P
""",
    "drawn": """\
(64, 191, 64, 255) RGB
(20, 20)
bytearray(b'\\x00\\x00\\x00') PIL.ImageMath
1
""",
    "profiles": """\
sRGB built-in
{270: 'a picture'}
""",
    "xpath": """\
['Atlas'] 0.0
True
""",
    "transform": """\
<h1 xmlns:str="http://exslt.org/strings">All</h1><p>Fables</p><p>Atlas</p>
""",
    "schema": """\
True
False Element 'paper': This element
True
True
""",
    "html": """\
['https://site.example/x'] <p>One <b>two <a href="https://site.example/x">three</a></b></p>
<div class="a">x</div>
b"<?xml version='1.0' encoding='iso-8859-1'?>\\n<\\xe4>\\xf6</\\xe4>"
€
""",
    "objects": """\
3.5 1
end Atlas
""",
    "fernet": """\
b'secret'
InvalidToken
""",
    "certificate": """\
CN=site.example 2024-01-10T00:00:00+00:00 7
['site.example']
""",
    "rsa": """\
2048
""",
    "ciphers": """\
ec5e9fc4ed1995dd
fa9a4626b606055e
7a0e699f4c35df34 6ec08536ecc541d4
85c7e6018ff6e6db
0909377ad35110ca
True
""",
    "containers": """\
b'name'
ECPrivateKey
True
""",
    "foreign": """\
4 4 5
3 pointer
""",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with ThreadPoolExecutor(4) as pool:
        finished = dict(zip(ANSWERS, pool.map(image.run, ANSWERS), strict=True))
    for command, wanted in ANSWERS.items():
        with checks(command):
            equal((finished[command].outcome, finished[command].stderr), ((0, wanted), ""))
    with checks("a picture that is none, and one that is missing"):
        broken = image.run("broken")
        equal(broken.outcome, (1, "UnidentifiedImageError\n"))
        contains(broken.stderr, "FileNotFoundError: [Errno 2] No such file or directory")
    with checks("what Pillow was built with"):
        contains(image.run("-m", "PIL", options=("--entrypoint", "python3")).stdout, "--- WEBP support ok")
    return checks.results
