import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import strict_xml
from edge.strict_xml import Fault, XmlError, parse


def test_names_lose_their_prefix_and_texts_keep_their_place() -> None:
    root = parse(b'<a:door xmlns:a="x" a:no="1"><b> open </b><b>shut</b></a:door>')
    assert (root.name, root.attributes["no"], root.text_of("b")) == ("door", "1", "open")
    assert [each.text for each in root.every("b")] == [" open ", "shut"]
    assert root.text_of("c") is None


@pytest.mark.parametrize("encoding", ["GB2312", "gbk", "GB18030", "UTF-8"])
def test_chinese_is_read_in_every_encoding_that_devices_use(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><n>3号楼东门</n>'
    assert parse(document.encode(encoding)).text == "3号楼东门"


def test_a_name_cut_within_a_sign_costs_the_sign_and_not_the_message() -> None:
    head = b'<?xml version="1.0" encoding="GB2312"?><i><n>'
    cut = "门".encode("gb2312")[:1]
    assert parse(head + cut + b"</n><s>OFF</s></i>").text_of("s") == "OFF"


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
OUTSIDE = b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>'


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"<a>" + b" " * strict_xml.BYTES_MAX + b"</a>", Fault.TOO_LARGE),
        (b"<a>\xff</a>", Fault.NOT_UTF8),
        (b"<a><b></a>", Fault.NOT_XML),
        (b"<a/><b/>", Fault.NOT_XML),
        (b"<a>&unknown;</a>", Fault.NOT_XML),
        (BOMB, Fault.HAS_DTD),
        (OUTSIDE, Fault.HAS_DTD),
        (b"<a>" * 17 + b"</a>" * 17, Fault.TOO_DEEP),
        (b"<a>" + b"<b/>" * strict_xml.ELEMENTS_MAX + b"</a>", Fault.TOO_MANY),
    ],
)
def test_what_is_not_strict_is_refused_with_its_rule(document: bytes, fault: Fault) -> None:
    with pytest.raises(XmlError) as caught:
        parse(document)
    assert caught.value.fault is fault


def test_the_limits_themselves_are_allowed() -> None:
    assert parse(b"<a>" * 16 + b"</a>" * 16).name == "a"
    assert len(parse(b"<a>" + b"<b/>" * (strict_xml.ELEMENTS_MAX - 1) + b"</a>").children) == 9_999


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"<a>", b'<?xml version="1.0"', b"<!DOCTYPE"])
)
def test_any_bytes_become_a_tree_or_an_xml_error(tail: bytes, head: bytes) -> None:
    try:
        parse(head + tail)
    except XmlError as error:
        assert error.fault in Fault  # noqa: PT017  (either outcome is right)
