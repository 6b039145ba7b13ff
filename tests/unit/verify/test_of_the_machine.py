"""What tells of the machine and the terminal, and not of the image: each beside what must not be let pass."""

import gzip
import json

import pytest
from runs import answer, judged, output


@pytest.mark.parametrize(
    ("fats", "slim"),
    [
        (("7.32 5.14 3.40 3/414 26\n",) * 2, "9.10 5.20 3.41 14/415 27\n"),
        (("load average: 7.32, 5.14, 3.40\n",) * 2, "load average: 12.10, 5.20, 3.41\n"),
        (("up  9:50,  0 user\n",) * 2, "up  9:51,  0 user\n"),
        (("up 3 days,  9:50,  0 user\n",) * 2, "up 3 days,  9:51,  0 user\n"),
        (("link 02:42:ac:11:00:03\n",) * 2, "link 02:42:ac:11:00:05\n"),
        ((" 51 14 2a 17 79 78\n", " 22 ea 33 40 50 60\n"), " c6 f2 d4 1e 26 a1\n"),
        (("\r 9%|#\r 80%|##\r100%|###\nend\n", "\r 15%|#\r100%|###\nend\n"), "\r 84%|#\r100%|###\nend\n"),
    ],
)
def test_no_alarm(fats, slim):
    assert judged(*map(output, fats), slim=output(slim)).verified


@pytest.mark.parametrize(
    ("fats", "slim"),
    [
        (("7.32 5.14 3.40 3/414 26\n",) * 2, "no such file\n"),
        (("prices: 7.32, 5.14, 3.40\n",) * 2, "prices: 7.33, 5.14, 3.40\n"),
        (("load average: 7.32, 5.14, 3.40\n",) * 2, "load average: unknown\n"),
        (("load 3 plugins\n",) * 2, "load 2 plugins\n"),
        (("opens  9:50\n",) * 2, "opens  9:51\n"),
        (("link 02:42:ac:11:00:03\n",) * 2, "link 00:00:00:00:00:00\n"),
        (("link 00:1a:2b:3c:4d:5e\n",) * 2, "link 00:1a:2b:3c:4d:5f\n"),
        ((" 51 14 2a 17 79 78\n", " 22 ea 33 40 50 60\n"), " c6 f2 d4 1e 26\n"),
        (("10 20 30 40 50 61\n", "10 20 30 40 50 62\n"), "10 21 30 40 50 63\n"),
        (("\r 9%|#  |\r100%|####\nend\n",) * 2, "\r 84%|### |\r100%|####\nend\n"),
        (("\r 9%|#  |\r100%|####\nend\n", "\r 8%|#  |\r100%|####\nend\n"), "\r 9%|#  |\r 99%|###\nend\n"),
        (("\r 9%|#  |\r100%|####\n", "\r 8%|#  |\r100%|####\n"), "\rcannot open it\r100%|####\n"),
    ],
)
def test_an_alarm_all_the_same(fats, slim):
    assert not judged(*map(output, fats), slim=output(slim)).verified


def test_a_list_of_loads_is_told_by_its_key():
    def served(key, *loads):
        return answer(json.dumps({key: loads}), "Content-Type: application/json")

    fats = (served("load", 7.3, 5.1, 3.4),) * 2
    assert not judged(*fats, slim=served("load", 7.4, "5.1", 3.4)).verified
    assert not judged(*(served("sizes", 7.3, 5.1),) * 2, slim=served("sizes", 7.4, 5.1)).verified
    assert judged(*fats, slim=served("load", 9.5, 5.2, 3.4)).verified


def test_the_same_is_the_same_whenever_it_was_compressed():
    def packed(text, moment):
        headers = "Content-Type: text/plain", "Content-Encoding: gzip"
        return answer(gzip.compress(text.encode(), mtime=moment), *headers)

    fats = packed("hello\nworld\n", 1), packed("hello\nworld\n", 1)
    assert judged(*fats, slim=packed("hello\nworld\n", 2)).verified
    assert not judged(*fats, slim=packed("hello\n", 2)).verified
    assert not judged(*fats, slim=packed("hello\r\nworld\r\n", 2)).verified
