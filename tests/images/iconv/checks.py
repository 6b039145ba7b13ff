"""A program that converts between character sets by their names: one pair of many is ever probed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Finished, Image, contains, equal

PROBE_ARGUMENTS = ("--", "UTF-8", "ISO-8859-1")

SETS = {
    "ISO-8859-15": "Grüße, 5 €",
    "WINDOWS-1252": "Grüße, “5” €",
    "CP1251": "Привет, мир",
    "KOI8-R": "Привет, мир",
    "IBM866": "Привет, мир",
    "CP850": "Grüße",
    "MACINTOSH": "Grüße",
    "SHIFT_JIS": "日本語のテスト",
    "CP932": "日本語①",
    "EUC-JP": "日本語のテスト",
    "ISO-2022-JP": "日本語のテスト",
    "EUC-KR": "한국어",
    "GB18030": "汉字，𠀀",
    "GBK": "汉字",
    "BIG5": "漢字",
    "BIG5-HKSCS": "漢字",
    "TIS-620": "ไทย",
    "ISO-8859-7": "Ελλάδα",
    "WINDOWS-1255": "שלום",
    "UTF-16BE": "Grüße 𝄞",
    "UTF-32": "Grüße 𝄞",
}
"""Character set → a text that it can write; Python knows them too, and is the judge."""


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with ThreadPoolExecutor(4) as pool:
        written = pool.map(lambda item: image.run("UTF-8", item[0], data=item[1].encode()), SETS.items())
        for (charset, text), finished in zip(SETS.items(), written, strict=True):
            with checks(f"to {charset}"):
                equal((finished.exit_code, finished.stderr), (0, ""))
                equal(_bytes(finished).decode(charset), text)
    for charset in ("SHIFT_JIS", "KOI8-R", "GB18030"):
        with checks(f"from {charset}"):
            finished = image.run(charset, "UTF-8", data=SETS[charset].encode(charset))
            equal(finished.outcome, (0, SETS[charset]))
    _limits(checks, image)
    return checks.results


def _limits(checks: Checks, image: Image) -> None:
    with checks("UTF-7"):
        equal(image.run("UTF-8", "UTF-7", data="Grüße".encode()).outcome, (0, "Gr+APwA3w-e"))
    with checks("transliteration as the image's locale has it"):
        finished = image.run("UTF-8", "ASCII//TRANSLIT", data="Grüße, 5 €".encode())
        equal(finished.outcome, (0, "Gruesse, 5 EUR"))
    with checks("transliteration in another locale"):
        finished = image.run("UTF-8", "ASCII//TRANSLIT", data="5 €".encode(), options=("--env", "LC_ALL=C"))
        equal(finished.exit_code, 0)
    with checks("what cannot be written is told"):
        refused = image.run("UTF-8", "ISO-8859-1", data="5 €".encode())
        equal((refused.exit_code, refused.stdout), (2, ""))
        contains(refused.stderr, "transcode: byte 2: ")
    with checks("input that is cut off"):
        equal(image.run("UTF-8", "UTF-16LE", data=b"\xc3").exit_code, 2)
    with checks("a character set that does not exist"):
        refused = image.run("UTF-8", "NONSENSE", data=b"x")
        equal(refused.exit_code, 1)
        contains(refused.stderr, "UTF-8 to NONSENSE")


def _bytes(finished: Finished) -> bytes:
    return finished.stdout.encode("utf-8", "surrogateescape")
