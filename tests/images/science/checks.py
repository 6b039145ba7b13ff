"""Figures and tables by pandas, NumPy and matplotlib, in Debian's own Python: a program that ends.

Only `plot` ever runs while slim watches; every other sub-command is a figure, format or table of
another kind.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Image, contains, equal

PROBE_ARGUMENTS = ("--", "plot")

ANSWERS = {
    "plot": """\
PNG True
""",
    "formats": """\
svg True
pdf True
ps True
eps True
jpg True
tiff True
webp True
svgz True
rgba True
""",
    "fonts": """\
serif DejaVuSerif.ttf True
sans-serif DejaVuSans.ttf True
monospace DejaVuSansMono.ttf True
cursive DejaVuSans.ttf True
Liberation Sans LiberationSans-Regular.ttf True
STIXGeneral STIXGeneral.ttf True
cmr10 cmr10.ttf True
""",
    "mathtext": """\
dejavusans True
cm True
stix True
stixsans True
dejavuserif True
""",
    "kinds": """\
[True, True, True]
""",
    "styles": """\
ggplot True
seaborn-v0_8 True
dark_background True
fivethirtyeight True
bmh True
xkcd True
True True
""",
    "animation": """\
GIF89a
""",
    "excel": """\
True ['warmth', 'rain']
""",
    "exports": """\
day,warmth,rain
{"columns":["warmth","rain"],"index":["2
True
['warmth', 'rain']
True
True
True
True
""",
    "reads": """\
gz 366
xz 366
bz2 366
zip 366
tar 366
(2, 3)
(2, 3)
(366, 2)
(1, 2)
""",
    "database": """\
184
""",
    "times": """\
[1.2, 1.9, 4.9]
1.79
1.24
2024-01-01T09:00:00+09:00
2023-12-31T19:00:00-05:00
['Monday', 'Thursday', 'Friday']
11
2025-02-28 00:00:00 2024-03-31
""",
    "groups": """\
[85.1, 8.8]
[[10.4], [8.9]]
(3, 5)
[135, 97, 134]
(54, 2) 3.0
-0.009 (8, 2)
""",
    "algebra": """\
[5.0, 2.0] [[0.3, -0.1], [-0.2, 0.4]]
4
[94, 62, 68] 47
[1.0, 2.0]
3 A 2024-03-01
[[4.0, 1.0], [2.0, 3.0]] 10.0
""",
    "plots": """\
True
True
True
2
""",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    others = ("versions", "failing")
    with ThreadPoolExecutor(4) as pool:
        finished = dict(zip((*ANSWERS, *others), pool.map(image.run, (*ANSWERS, *others)), strict=True))
    for command, wanted in ANSWERS.items():
        with checks(command):
            equal(finished[command].outcome, (0, wanted))
    for command in ("plot", "excel", "exports", "reads"):
        with checks(f"{command}: nothing on standard error"):
            equal(finished[command].stderr, "")
    with checks("versions, by the metadata of what is installed"):
        told = finished["versions"]
        equal(told.exit_code, 0)
        found = dict(re.findall(r"^([\w.-]+) +: (\S+)$", told.stdout, re.MULTILINE))
        for name in ("matplotlib", "openpyxl", "lxml.etree", "jinja2"):
            contains(found.get(name, "nothing"), ".")
    with checks("a traceback with its lines"):
        contains(finished["failing"].stderr, "raise KeyError(key) from err")
        equal(finished["failing"].exit_code, 1)
    with checks("another user, read-only, with a folder for temporary files"):
        options = ("--user", "1000", "--read-only", "--tmpfs", "/tmp")
        equal(image.run("plots", options=options).outcome, (0, ANSWERS["plots"]))
    return checks.results
