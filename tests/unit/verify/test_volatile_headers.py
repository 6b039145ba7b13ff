"""Headers, cookies, redirects, outcomes, and bodies that are no text."""

import gzip
import os
import zlib
from dataclasses import replace

import pytest
from runs import answer, differing, judged, output, page, run

from probes.exercise.exchange import Result
from slim.verify.model import Evidence
from slim.verify.verdict import verdict_of

SESSION = "session=eyJ1c2VyIjoxfQ.Zz7e{}.Q9xW0vJr3kT8{}mN2bL5; HttpOnly; Path=/; Expires={}"


def headers(*fats, slim):
    """Places that differ; each argument is the headers of one run."""
    found = differing(*(answer("x", *one) for one in fats), slim=answer("x", *slim))
    assert all(aspect == "header" for aspect, *_ in found)
    return [tuple(rest) for _, *rest in found]


def test_headers_of_the_moment_and_of_the_connection_are_left_out():
    fats = [("Date: Sat, 21 Nov 2026 08:29:20 GMT", "Connection: close", "Age: 3")] * 2
    assert headers(*fats, slim=("Transfer-Encoding: chunked",)) == []


@pytest.mark.parametrize(
    ("name", "fat", "slim"),
    [
        ("content-type", "text/html; charset=utf-8", "text/html; charset=latin-1"),
        ("location", "/home/", "/login/"),
        ("cache-control", "max-age=60", "no-store"),
        ("www-authenticate", 'Basic realm="x"', 'Bearer realm="x"'),
        ("content-encoding", "gzip", "identity"),
        ("x-frame-options", "DENY", "SAMEORIGIN"),
        ("content-language", "de", "en"),
    ],
)
def test_a_stable_header_must_agree(name, fat, slim):
    assert headers((f"{name}: {fat}",), (f"{name}: {fat}",), slim=(f"{name}: {slim}",)) == [(name, fat, slim)]
    assert headers((f"{name}: {fat}",), (f"{name}: {fat}",), slim=()) == [(name, fat, "")]
    assert headers((), (), slim=(f"{name}: {slim}",)) == [(name, "", slim)]


def test_names_are_the_same_in_small_letters_and_methods_in_any_order():
    assert headers(("Allow: GET, HEAD",), ("Allow: GET, HEAD",), slim=("allow: HEAD,GET",)) == []
    assert headers(("Allow: GET, HEAD",), ("Allow: GET, HEAD",), slim=("allow: GET",))


def test_request_ids_and_nonces_are_masked():
    def one(number, nonce, source="'self'"):
        return (
            f"X-Request-Id: 5b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a000{number}",
            f"X-Runtime: 0.01{number}",
            f"Content-Security-Policy: default-src {source}; script-src 'nonce-{nonce}'",
        )

    fats = one(1, "cmFuZG9tMTIzNDU2Nzg5MA=="), one(2, "b3RoZXIgcmFuZG9tIDEyMw==")
    assert headers(*fats, slim=one(3, "dGhlIHRoaXJkIHJhbmRvbQ==")) == []
    assert headers(*fats, slim=one(3, "dGhlIHRoaXJkIHJhbmRvbQ==", "*")) == [
        (
            "content-security-policy",
            "default-src 'self'; script-src '…'",
            "default-src *; script-src 'nonce-dGhlIHRoaXJkIHJhbmRvbQ=='",
        )
    ]


def test_how_long_an_answer_took_may_agree_by_chance():
    fats = [("X-Response-Time: 2", "Server-Timing: db;dur=0.5")] * 2
    assert headers(*fats, slim=("X-Response-Time: 3", "Server-Timing: db;dur=0.5")) == []


def test_a_session_is_masked_its_name_and_attributes_are_not():
    def cookie(a, b, expires, text=SESSION):
        return ("Set-Cookie: " + text.format(a, b, expires),)

    fats = [
        cookie("Ag", "pA", "Sat, 21 Nov 2026 10:29:20 GMT"),
        cookie("Bw", "qZ", "Sat, 21 Nov 2026 10:29:31 GMT"),
    ]
    assert headers(*fats, slim=cookie("Cc", "rY", "Sat, 21 Nov 2026 10:31:02 GMT")) == []
    less = cookie("Cc", "rY", "Sat, 21 Nov 2026 10:31:02 GMT", SESSION.replace("HttpOnly; ", ""))
    assert [one[0] for one in headers(*fats, slim=less)] == ["set-cookie session; httponly"]
    assert headers(*fats, slim=()) != []


def test_an_attribute_without_a_value_is_told_by_its_name():
    fats = [("Set-Cookie: a=b; HttpOnly; Path=/",)] * 2
    assert headers(*fats, slim=("Set-Cookie: a=b; Path=/",)) == [
        ("set-cookie a; httponly", "set-cookie a; httponly without a value", "absent")
    ]
    assert headers(*fats, slim=("Set-Cookie: a=b; HttpOnly; Path=/; Secure",)) == [
        ("set-cookie a; secure", "absent", "set-cookie a; secure without a value")
    ]


def test_what_was_not_done_took_no_time():
    def timed(*parts):
        return ("Server-Timing: " + ", ".join(parts),) if parts else ()

    for fats in ((("app;dur=3.2",),) * 2, (("app;dur=3.2",), ("cache;desc=miss", "app;dur=4"))):
        told = [timed(*one) for one in fats]
        assert headers(*told, slim=timed("app;dur=9.5", "cache;dur=0.1")) == []
        assert headers(*told, slim=timed("app;dur=9.5")) == []
        assert headers(*told, slim=timed("cache;dur=0.1")) != []
        assert headers(*told, slim=()) != []
    assert headers((), (), slim=timed("app;dur=3")) != []


def test_a_header_that_is_in_one_answer_only_may_be_there_or_not():
    fats = ("X-A: b", "X-Cache-Age: 3"), ("X-A: b",)
    assert headers(*fats, slim=("X-A: b",)) == []
    assert headers(*fats, slim=("X-A: b", "X-Cache-Age: 5")) == []
    assert headers(*fats, slim=("X-Cache-Age: 5",)) == [("x-a", "b", "")]
    assert headers(*fats, slim=("X-A: b", "X-Other: 5")) == [("x-other", "", "5")]


def test_a_cookie_value_is_never_told():
    secret = "lang=verysecretvalue"
    told = str(headers((f"Set-Cookie: {secret}",), (f"Set-Cookie: {secret}",), slim=("Set-Cookie: lang=x",)))
    assert "verysecret" not in told
    assert "set-cookie lang" in told


def test_redirects_to_what_was_made_just_now():
    fats = [answer(redirects=("/orders/5b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a0001",)),
            answer(redirects=("/orders/6b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a0002",))]  # fmt: skip
    later = "/orders/7b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a0003"
    assert judged(*fats, slim=answer(redirects=(later,))).verified
    assert differing(*fats, slim=answer(redirects=("/login",)))
    assert differing(*fats, slim=answer(redirects=()))
    assert differing(*fats, slim=answer(redirects=(later, "/login")))


def test_an_outcome_that_differs_between_the_fat_runs_must_be_one_of_theirs():
    fats = answer("a", status=200), answer("busy", status=429)
    assert judged(*fats, slim=answer("busy", status=429)).verified
    assert judged(*fats, slim=answer("a", status=200)).verified
    assert differing(*fats, slim=answer("b", status=200))
    broken = answer("", status=500, result=Result.SERVER_ERROR)
    assert [one[0] for one in differing(*fats, slim=broken)] == ["reachability"]


def test_a_probe_that_was_not_replayed_differs():
    verdict = judged(run(page("a"), page("b")), run(page("a"), page("b")), slim=run(page("a")))
    assert (verdict.agreed, verdict.probes) == (1, 2)
    assert verdict.differences[0].slim == "not replayed"


def test_an_image_that_does_not_start_says_why():
    verdict = verdict_of(run(page("a")), (run(page("a")),), None, why="exit code 127", life="web")
    assert (verdict.differences[0].probe, verdict.differences[0].slim) == ("web: start", "exit code 127")


def test_volatile_bytes_keep_their_kind_and_about_their_length():
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"
    fats = [answer(png + os.urandom(2000)) for _ in range(2)]
    assert judged(*fats, slim=answer(png + os.urandom(2100))).verified
    assert differing(*fats, slim=answer(b"GIF89a\x00" + os.urandom(2000)))
    assert differing(*fats, slim=answer(png))
    assert differing(*fats, slim=answer(b""))
    assert differing(*fats, slim=answer("<h1>Internal Server Error</h1>"))


def test_stable_bytes_must_be_the_same():
    one = answer(b"\x00\x01\x02\x03")
    assert differing(one, one, slim=answer(b"\x00\x01\x02\x04"))[0][1] == "byte 3"


@pytest.mark.parametrize("level", [1, 9])
def test_what_is_compressed_is_compared_by_what_is_in_it(level):
    def packed(text, mtime):
        return answer(
            gzip.compress(text.encode(), level, mtime=mtime),
            "Content-Encoding: gzip",
            "Content-Type: text/html",
        )

    fats = [packed("<p>token a1b2c3d4</p><p>x</p>", 1), packed("<p>token ffb2c3d4</p><p>x</p>", 2)]
    assert judged(*fats, slim=packed("<p>token 00b2c3d4</p><p>x</p>", 3)).verified
    assert differing(*fats, slim=packed("<p>token 00b2c3d4</p>", 3))
    broken = answer(zlib.compress(b"x"), "Content-Encoding: gzip", "Content-Type: text/html")
    assert differing(*fats, slim=broken)


def test_what_is_beyond_the_held_part_is_compared_by_its_digest():
    def cut(digest, size=99999, body=b"row\n" * 100):
        return replace(answer(body), body_size=size, body_sha256=digest)

    assert judged(cut("aa"), cut("aa"), slim=cut("aa")).verified
    assert differing(cut("aa"), cut("aa"), slim=cut("bb"))[0][1].startswith("beyond the first")
    assert differing(cut("aa"), cut("aa"), slim=answer(b"row\n" * 90))
    assert differing(cut("aa"), cut("aa"), slim=cut("bb", size=90000))
    assert judged(cut("aa"), cut("bb"), slim=cut("cc")).verified
    assert differing(cut("aa"), cut("bb"), slim=cut("cc", size=400))
    assert differing(cut("aa"), cut("bb"), slim=cut("cc", body=b"row\n" * 50 + b"error\n" + b"row\n" * 49))


def test_utf_16_and_other_charsets_are_text():
    def told(text, charset):
        return answer(text.encode(charset), f"Content-Type: text/plain; charset={charset}")

    fats = [told(f"größe {n}\n", "utf-16") for n in (1, 2)]
    assert judged(*fats, slim=told("größe 3\n", "utf-16")).verified
    assert differing(*fats, slim=told("grösse 3\n", "utf-16"))
    mangled = answer("größe 3\n".encode("latin-1"), "Content-Type: text/plain; charset=utf-8")
    assert differing(*[told(f"größe {n}\n", "utf-8") for n in (1, 2)], slim=mangled)


def test_a_third_fat_run_shows_what_two_had_in_common_by_chance():
    fats = [output(f"chosen: {word}\n") for word in ("red", "red", "blue")]
    assert differing(*fats[:2], slim=output("chosen: green\n"))
    assert judged(*fats, slim=output("chosen: green\n")).verified


def test_answers_of_a_group_are_compared_in_the_order_of_its_probes():
    fats = [run(page("a"), page(f"b {n}")) for n in (1, 2)]
    assert isinstance(fats[0], Evidence)
    assert judged(*fats, slim=run(page("a"), page("b 3"))).verified
    assert not judged(*fats, slim=run(page("b 3"), page("a"))).verified
