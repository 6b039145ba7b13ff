"""Static files of two images that were built one after the other."""

from slim.verify.deeds import built_anew
from slim.verify.model import Difference, Verdict


def verdict(*differences):
    return Verdict(2, 2 - len({one.probe for one in differences}), differences, (), ())


def test_another_time_of_a_file_is_told():
    etag = Difference("GET /", "header", '"1"', '"2"', "etag")
    modified = Difference("GET /", "header", "Mon", "Tue", "Last-Modified")
    judged = built_anew(verdict(etag, modified))
    assert (judged.verified, judged.agreed) == (True, 2)
    assert [one.where for one in judged.noted] == ["etag", "Last-Modified"]


def test_another_content_counts():
    etag = Difference("GET /", "header", '"1"', '"2"', "etag")
    body = Difference("GET /", "body", "a", "b", "line 1")
    judged = built_anew(verdict(etag, body))
    assert (judged.differences, judged.agreed) == ((body,), 1)
    lost = Difference("GET /", "header", "Mon", "", "last-modified")
    assert built_anew(verdict(lost)).differences == (lost,)
    cookie = Difference("GET /", "header", "a", "absent", "set-cookie a")
    assert built_anew(verdict(cookie)).differences == (cookie,)
