"""transcript.json: all that was sent and received, masked and bounded."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from probes.exercise.exchange import BODY_HELD, Exchange, Result, Sent, Transcript
from probes.observe import Observation
from probes.watch.trace import Trace
from slim.report.assemble import RunResult
from slim.report.masking import Secrets
from slim.report.transcript import BODY_LIMIT, transcript_of
from slim.report.write import json_text
from slim.verify.model import Evidence
from slim.verify.verdict import verdict_of

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "transcript.schema.json").read_text()
)


def exchange(body=b"", **more):
    size = more.pop("body_size", len(body))
    return Exchange(
        "GET /", "http", Result.ANSWERED, 200,
        body=body, body_size=size, body_sha256=hashlib.sha256(body).hexdigest(), **more,
    )  # fmt: skip


def run(*exchanges, name="", command=("serve",), log=()):
    transcript = Transcript(exchanges, None, ("0.0.0.0:80",), log)
    seen = Observation(Trace("sha256:0", complete=True), transcript, (), 80, (), obeys_stop=True)
    ran = Evidence(transcript, seen.trace)
    return RunResult(name, command, seen, seen, verdict_of(ran, (ran,), ran))


def written(*runs, secrets=(), **more):
    text = json_text(transcript_of(runs, Secrets(secrets), **more))
    told = json.loads(text)
    jsonschema.validate(told, SCHEMA)
    for secret in secrets:
        assert secret not in text
    return told


def fat(told, run=0, probe=0):
    return told["runs"][run]["probes"][probe]["fat"]


def test_what_was_sent_and_received_is_told_of_both_images():
    sent = Sent("POST /login", (("Authorization", "Basic eA=="),), b"user=bob&password=hunter", 24)
    one = exchange(b"hello", sent=sent, headers=(("Set-Cookie", "sid=1; Path=/"),), redirects=("/home",))
    told = written(run(one, name="web"))
    assert told["truncated"] is False
    assert (told["runs"][0]["name"], told["runs"][0]["command"]) == ("web", ["serve"])
    answer = fat(told)
    assert answer == told["runs"][0]["probes"][0]["slim"]
    assert answer["sent"]["headers"] == [["Authorization", "***"]]
    assert answer["sent"]["body"]["text"] == "user=bob&password=***"
    assert answer["headers"] == [["Set-Cookie", "sid=***; Path=/"]]
    assert answer["body"] == {
        "text": "hello", "base64": None, "size": 5, "truncated": False,
        "sha256": hashlib.sha256(b"hello").hexdigest(),
    }  # fmt: skip


def test_a_secret_is_masked_in_redirects_details_logs_outputs_and_commands():
    one = exchange(
        b"\xff\x00hunter22",
        url="/cb?ticket=hunter22",
        redirects=("/cb?next=hunter22&token=abc",),
        detail="cannot log in as hunter22",
        stderr=b"bad key hunter22",
    )
    told = written(
        run(one, command=("serve", "--password", "x1"), log=("key is hun", "hunter22")), secrets=("hunter22",)
    )
    answer = fat(told)
    assert answer["redirects"] == ["/cb?next=***&token=***"]
    assert base64.b64decode(answer["body"]["base64"]) == b"\xff\x00***"
    assert told["runs"][0]["command"] == ["serve", "--password", "***"]
    assert told["runs"][0]["fat"]["log_tail"] == ["key is hun", "***"]


def test_a_secret_of_several_lines_is_masked_in_a_log():
    told = written(
        run(exchange(), log=("begin", "first-line", "second-line")), secrets=("first-line\nsecond-line",)
    )
    assert told["runs"][0]["fat"]["log_tail"] == ["begin", "***"]


@pytest.mark.parametrize("offset", [3, 8, 11])
def test_no_cut_bares_half_a_secret(offset):
    secret = "hunter22-and-more"
    body = b"x" * (BODY_LIMIT - offset) + secret.encode() + b"y" * 100
    answer = fat(written(run(exchange(body)), secrets=(secret,)))
    assert "hunter" not in answer["body"]["text"]
    source_cut = exchange(b"x" * 100 + secret.encode()[:offset], body_size=10_000)
    shown = fat(written(run(source_cut), secrets=(secret,)))["body"]["text"]
    assert shown == "x" * 100 + (secret[:offset] if offset < 4 else "***")


def test_bodies_are_bounded_one_by_one_and_in_all():
    body = b"z" * 40_000
    told = written(run(exchange(body), exchange(body)), total_limit=3 * BODY_LIMIT)
    kept = [len(one[image]["body"]["text"]) for one in told["runs"][0]["probes"] for image in ("fat", "slim")]
    assert kept == [BODY_LIMIT, BODY_LIMIT, BODY_LIMIT, 0]
    assert told["truncated"] is True
    assert fat(told)["body"]["size"] == 40_000
    assert fat(told)["body"]["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_character_that_the_source_cut_in_two_leaves_text_text():
    whole = "ä" * 10
    answer = fat(written(run(exchange(whole.encode()[:-1], body_size=20))))
    assert answer["body"]["text"] == "ä" * 9
    assert answer["body"]["truncated"] is True


def test_latin_1_and_control_characters_are_no_text():
    for data in (b"caf\xe9 au lait", b"a\x00b"):
        body = fat(written(run(exchange(data))))["body"]
        assert (body["text"], base64.b64decode(body["base64"])) == (None, data)


def test_of_the_many_only_beginnings_are_held_and_of_a_failure_of_the_users_all():
    whole = exchange(b"x" * 100_000)
    assert (len(whole.shortened().body), whole.shortened().body_size) == (BODY_HELD, 100_000)
    failed = replace(whole, result=Result.SERVER_ERROR)
    assert failed.shortened() == failed
    assert len(replace(failed, found_by="crawl").shortened().body) == BODY_HELD
    assert written(run(whole.shortened())) == written(run(whole))


def test_beyond_the_total_nothing_is_masked_for_nothing():
    masked = []

    class Watched(Secrets):
        """Masks as ever."""

        def text(self, text):
            masked.append(text)
            return super().text(text)

    bodies = [b"%d" % number * BODY_LIMIT for number in range(9)]
    transcript_of((run(*map(exchange, bodies)),), Watched(), total_limit=3 * BODY_LIMIT)
    assert [one[:2] for one in masked if len(one) >= BODY_LIMIT] == ["00", "11"]
