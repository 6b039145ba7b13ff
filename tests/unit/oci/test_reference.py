"""Image names, as docker reads them."""

import pytest

from slim.errors import UsageError
from slim.oci.reference import Reference, parse_reference, slim_reference

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("", "nginx", "", "")),
        ("nginx:1.25", ("", "nginx", "1.25", "")),
        ("team/app", ("", "team/app", "", "")),
        ("localhost/app:x", ("localhost", "app", "x", "")),
        ("localhost:5000/team/app", ("localhost:5000", "team/app", "", "")),
        (
            "registry.example.org:443/a/b__c/d-e.f:T_1.x-",
            ("registry.example.org:443", "a/b__c/d-e.f", "T_1.x-", ""),
        ),
        ("[2001:db8::1]:5000/app:1", ("[2001:db8::1]:5000", "app", "1", "")),
        (f"app@sha256:{HEX}", ("", "app", "", f"sha256:{HEX}")),
        (f"host.x/app:1@sha256:{HEX}", ("host.x", "app", "1", f"sha256:{HEX}")),
        ("Host/app", ("Host", "app", "", "")),
        ("a--b/c___d".replace("___", "__"), ("", "a--b/c__d", "", "")),
        (HEX, ("", HEX, "", "")),
        (f"sha256:{HEX}", ("", "sha256", HEX, "")),
    ],
)
def test_legal_names(text, parts):
    assert parse_reference(text) == Reference(*parts)
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "an empty component"),
        ("App", "the component 'App'"),
        ("team//app", "an empty component"),
        ("team/app/", "an empty component"),
        ("/app", "an empty component"),
        ("app:", "the tag ''"),
        ("app:.x", "the tag '.x'"),
        ("app:" + "x" * 129, "the tag"),
        ("app:a b", "the tag 'a b'"),
        ("a..b", "the component 'a..b'"),
        ("a___b", "the component 'a___b'"),
        ("-app", "the component '-app'"),
        ("app_", "the component 'app_'"),
        ("host.x:port/app", "the registry 'host.x:port'"),
        ("-host.x/app", "the registry '-host.x'"),
        ("app@sha256:12", "the digest 'sha256:12'"),
        ("app@", "the digest ''"),
        ("a" * 256, "the name of 256 characters"),
        ("caf\u00e9", "the component"),
        ("app\n", "the component"),
    ],
)
def test_an_illegal_name_says_which_part(text, part):
    with pytest.raises(UsageError) as refused:
        parse_reference(text)
    assert refused.value.cause.startswith(part)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("reference", "tag", "slim"),
    [
        ("app", "", "app:latest-slim"),
        ("host:5000/team/app:1.2", "", "host:5000/team/app:1.2-slim"),
        (f"app@sha256:{HEX}", "", "app:0123456789ab-slim"),
        (f"app:3@sha256:{HEX}", "", "app:3-slim"),
        ("app", "other", "other:latest"),
        ("app", "other:x", "other:x"),
    ],
)
def test_the_slim_images_name(reference, tag, slim):
    assert slim_reference(reference, tag) == slim
    assert slim_reference(parse_reference(reference), tag) == slim


def test_an_image_named_by_its_id_takes_a_tag_of_its_own():
    given = {"tags": ("b:2", "a:1"), "image_id": f"sha256:{HEX}"}
    for reference in (HEX, HEX[:12], f"sha256:{HEX}", f"sha256:{HEX[:7]}"):
        assert slim_reference(reference, **given) == "a:1-slim"
        with pytest.raises(UsageError, match="no name") as refused:
            slim_reference(reference, image_id=f"sha256:{HEX}")
        assert "--tag" in refused.value.remedy
    assert slim_reference("0123", tags=("0123:latest",), image_id=f"sha256:{HEX}") == "0123:latest-slim"


@pytest.mark.parametrize("tag", [f"x@sha256:{HEX}", HEX, "X", "x:-"])
def test_an_illegal_tag_option_is_refused(tag):
    with pytest.raises(UsageError):
        slim_reference("app", tag)


def test_a_tag_that_would_grow_too_long_asks_for_another():
    with pytest.raises(UsageError) as refused:
        slim_reference("app:" + "x" * 126)
    assert "--tag" in refused.value.remedy
