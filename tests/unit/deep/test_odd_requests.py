"""What is asked of a site beside what the user asked for."""

from probes.deep.model import Deep
from probes.deep.requests import odd_requests
from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.model import HttpProbe, TcpProbe

BOUNDS = Deep()


def answered(
    line, status=200, media_type="text/html", sent=(), body=b"", site="http://localhost:80", more=()
):
    return Exchange(
        line,
        "http",
        Result.ANSWERED,
        status=status,
        headers=(("content-type", media_type), *more),
        sent=Sent(line, sent, body, len(body)),
        site=site,
        port=80,
    )


def named(exchanges, bounds=BOUNDS, posts=True):
    return [one.name for one in odd_requests(exchanges, bounds, posts=posts)]


def test_the_same_answers_give_the_same_requests():
    exchanges = (answered("GET /"), answered("GET /a/b?c=1"), answered("POST /form", 302))
    assert odd_requests(exchanges, BOUNDS, posts=True) == odd_requests(exchanges, BOUNDS, posts=True)


def test_nothing_is_asked_where_nothing_answered_http():
    assert named([Exchange("exec true", "exec", Result.ANSWERED, exit_code=0)]) == []


def test_requests_are_bounded_whatever_the_size_of_the_site():
    site = [answered(f"GET /{number}/{number}") for number in range(1000)]
    assert len(named(site)) == 5 + 10 + 5 * BOUNDS.paths
    few = Deep(paths=1, folders=1)
    assert len(named(site, few)) == 1 + 10 + 5


def test_a_folder_of_each_answer_is_asked_for_a_path_that_does_not_exist():
    names = named(
        [answered("GET /"), answered("GET /shop/atlas"), answered("GET /shop/map"), answered("GET /x/")]
    )
    missing = [one for one in names if one.endswith("slim-no-such-path")]
    assert missing == [
        "GET /slim-no-such-path",
        "GET /shop/slim-no-such-path",
        "GET /x/slim-no-such-path",
    ]


def test_pages_come_before_files():
    names = named([answered("GET /site.css", media_type="text/css"), answered("GET /page")], Deep(paths=1))
    assert "OPTIONS /page" in names
    assert "OPTIONS /site.css" not in names


def test_post_is_sent_without_a_body_where_get_was_answered_and_nothing_outlives_the_container():
    exchanges = [answered("GET /"), answered("GET /gone", 404)]
    posts = [one for one in named(exchanges) if one.startswith("POST")]
    assert posts == ["POST / without a body"]
    assert not [one for one in named(exchanges, posts=False) if one.startswith("POST")]


def test_only_methods_that_harm_nothing_are_made_up():
    methods = {
        one.method
        for one in odd_requests([answered("GET /")], BOUNDS, posts=True)
        if isinstance(one, HttpProbe)
    }
    assert methods == {"GET", "OPTIONS", "TRACE", "SLIM", "POST"}


def test_malformed_json_goes_where_json_went():
    sent = (("content-type", "application/json"),)
    exchanges = [
        answered("GET /"),
        answered("PUT /items/1", sent=sent, body=b'{"a": 1}'),
        answered("POST /form", body=b"a=1"),
    ]
    bodies = [
        (one.method, one.path)
        for one in odd_requests(exchanges, BOUNDS, posts=False)
        if getattr(one, "body", None)
    ]
    assert bodies == [("PUT", "/items/1")]


def test_garbage_goes_into_the_cookies_that_the_site_set():
    site = [answered("GET /", more=(("set-cookie", "csrftoken=abc; Path=/"), ("set-cookie", "lang=de")))]
    (one,) = (one for one in odd_requests(site, BOUNDS, posts=False) if one.name.endswith("garbage cookies"))
    assert one.headers == (("cookie", "csrftoken=slim-garbage%00.-; lang=slim-garbage%00.-"),)


def test_another_host_and_tls_are_kept():
    site = [answered("GET /", site="https://shop.example")]
    probes = odd_requests(site, BOUNDS, posts=False)
    assert all(isinstance(one, HttpProbe) and one.tls for one in probes)
    assert all(one.headers[0] == ("host", "shop.example") for one in probes)


def test_what_the_library_would_not_send_goes_over_tcp():
    raw = [one for one in odd_requests([answered("GET /")], BOUNDS, posts=False) if isinstance(one, TcpProbe)]
    assert [one.send for one in raw] == [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"slim\r\n\r\n"]
