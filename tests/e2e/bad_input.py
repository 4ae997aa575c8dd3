"""Everything that should never be sent: to the edge, to the gateway, to its console."""

import msgspec

SITE = "badsite"
BASE = f"sw/1/{SITE}"
OBS = f"{BASE}/b01/u0101/water/wm-1/obs"
FINDINGS = f"{BASE}/_finding/e02"
_RECORD = '{"n":"water.total","u":"m3","v":1.5}'


def message(*, e: str = f"[{_RECORD}]", more: str = "", **keys: object) -> bytes:
    """A message as text, so that it can be wrong in any way; `{now}` stands for the time."""
    told = {"v": 1, "dev": '"wm-1"', "boot": 9, "seq": 1, "t": "{now}"} | keys
    body = ",".join(f'"{key}":{value}' for key, value in told.items())
    return f'{{{body},"e":{e}{more}}}'.encode()


def record(v: str) -> bytes:
    """A message whose only reading is `v`."""
    return message(e=f'[{{"n":"water.total","u":"m3","v":{v}}}]')


TO_EDGE: dict[str, tuple[str, bytes, str]] = {
    "not JSON": (OBS, b"temperature=21", "not_json"),
    "cut short": (OBS, message()[:-1], "not_json"),
    "not UTF-8": (OBS, b"\xc3\x28" + message(), "not_utf8"),
    "UTF-16": (OBS, message().decode().encode("utf-16"), "not_utf8"),
    "byte order mark": (OBS, b"\xef\xbb\xbf" + message(), "not_json"),
    "lone surrogate": (OBS, message(src='"\\ud800"'), "not_utf8"),
    "nothing": (OBS, b"", "empty"),
    "over 256 KiB": (OBS, message(more=" " * 265_000), "too_large"),
    "1,000 deep": (OBS, b"[" * 1_000 + b"]" * 1_000, "too_deep"),
    "100,000 deep": (OBS, b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "too_deep"),
    "a key twice": (OBS, message(more=',"seq":2'), "duplicate_key"),
    "NaN": (OBS, record("NaN"), "not_finite"),
    "Infinity": (OBS, record("-Infinity"), "not_finite"),
    "1e999": (OBS, record("1e999"), "not_finite"),
    "5,000 digits": (OBS, record("9" * 5_000), "not_finite"),
    "5,000 digits in seq": (OBS, message(seq="9" * 5_000), "wrong_type"),
    "a text for a number": (OBS, record('"12"'), "wrong_type"),
    "true for a number": (OBS, record("true"), "wrong_type"),
    "null for a number": (OBS, record("null"), "wrong_type"),
    "an array": (OBS, b"[]", "wrong_type"),
    "no seq": (OBS, b'{"v":1,"dev":"wm-1","t":1,"e":[]}', "missing_key"),
    "version 2": (OBS, message(v=2), "unknown_version"),
    "1970, of long ago": (OBS, message(t=0, h="true"), "time_too_old"),
    "2100, of long ago": (OBS, message(t=4_102_444_800, h="true"), "time_in_future"),
    "an id used before": (OBS, message(boot=0, seq=0, t=1_700_000_000), "id_reused"),
    "another's topic": (OBS, message(dev='"wm-2"'), "identity_mismatch"),
    "a stranger": (OBS.replace("wm-1", "wm-7"), message(dev='"wm-7"'), "unknown_device"),
    "no such kind": (OBS.replace("water", "teapot"), message(), "unknown_topic"),
    "no such segment": (OBS.replace("b01", "B 01"), message(), "unknown_topic"),
}  # fmt: skip

TO_ANOTHER_SITE = (OBS.replace(SITE, "elsewhere"), message())
ONE_MB = message(more=" " * 1_000_000)
"""More than the broker takes: it ends the link of the sender."""

TO_GATEWAY: dict[str, tuple[str, bytes, str]] = {
    "not JSON": (FINDINGS, b"alarm!", "not_json"),
    "not UTF-8": (FINDINGS, b"\xff\xfe", "not_utf8"),
    "nothing": (FINDINGS, b"", "empty"),
    "100,000 deep": (FINDINGS, b"[" * 100_000, "too_deep"),
    "over 256 KiB": (FINDINGS, b" " * 265_000, "too_large"),
    "a key twice": (FINDINGS, b'{"v":1,"v":1}', "duplicate_key"),
    "lone surrogate": (FINDINGS, b'{"v":1,"edge":"\\udfff"}', "not_utf8"),
    "an array": (FINDINGS, b"[1,2]", "wrong_type"),
    "no finding": (FINDINGS, b'{"v":1,"edge":"e02","epoch":"x","seq":1}', "wrong_type"),
    "another's topic": (f"{BASE}/_finding/e03", b"GOOD", "identity_mismatch"),
    "a wrong edge": (f"{BASE}/_finding/E 3", b"GOOD", "unknown_topic"),
    "status without boot": (f"{BASE}/_edge/e02/status", b'{"up":true}', "wrong_type"),
    "2^70 boots": (f"{BASE}/_edge/e02/status", b'{"up":true,"boot":%d}' % 2**70, "wrong_type"),
    "health of NaN": (f"{BASE}/_edge/e02/health", b"[NaN]", "wrong_type"),
}  # fmt: skip

IN_FINDING: dict[str, tuple[dict[str, object], str]] = {
    "version 2": ({"v": 2}, "unknown_version"),
    "seq true": ({"seq": True}, "wrong_type"),
    "seq 0": ({"seq": 0}, "out_of_range"),
    "another site": ({"finding.subject": "elsewhere/b01/u0101"}, "wrong_site"),
    "a path": ({"finding.subject": f"{SITE}/../u0101"}, "bad_name"),
    "tier 9": ({"finding.tier": 9}, "wrong_type"),
    "tier as text": ({"finding.tier": "1"}, "wrong_type"),
    "no such state": ({"finding.state": "gone"}, "wrong_type"),
    "an endless sentence": ({"finding.evidence.sentence_zh": "水" * 2_000}, "out_of_range"),
    "1e999 of delay": ({"finding.evidence.delay_s_worst": 1e999}, "wrong_type"),
    "the year 2400": ({"finding.at_ns": 2**63 + 1}, "out_of_range"),
}


def spoiled(envelope: bytes, changes: dict[str, object]) -> bytes:
    """`envelope` with values changed at dotted paths."""
    table = msgspec.json.decode(envelope)
    for path, value in changes.items():
        place, (*folders, name) = table, path.split(".")
        for folder in folders:
            place = place[folder]
        place[name] = value
    return msgspec.json.encode(table)


DEEP = b'{"act":' * 20_000 + b"1" + b"}" * 20_000
ACTS = "/api/v1/incidents/{incident}/acts"
HTTP: dict[str, tuple[str, str, bytes]] = {
    "NaN": ("POST", ACTS, b'{"act":"acknowledge","version":NaN}'),
    "Infinity": ("POST", ACTS, b'{"act":"close","version":1,"outcome":Infinity}'),
    "1e999": ("POST", ACTS, b'{"act":"acknowledge","version":1e999}'),
    "5,000 digits": ("POST", ACTS, b'{"act":"acknowledge","version":' + b"9" * 5_000 + b"}"),
    "20,000 deep": ("POST", ACTS, DEEP[:60_000]),
    "too large": ("POST", ACTS, b'{"note":"' + b"x" * 2_000_000 + b'"}'),
    "not JSON": ("POST", ACTS, b"act=acknowledge"),
    "not UTF-8": ("POST", ACTS, b'{"act":"\xff"}'),
    "lone surrogate": ("POST", ACTS, b'{"act":"close","version":1,"note":"\\ud800"}'),
    "NUL": ("POST", ACTS, b'{"act":"close","version":1,"note":"\\u0000"}'),
    "nothing": ("POST", ACTS, b""),
    "an array": ("POST", ACTS, b"[]"),
    "more than asked": ("POST", ACTS, b'{"act":"acknowledge","version":1,"tier":3}'),
    "no such incident": ("POST", "/api/v1/incidents/nobody/acts", b'{"act":"close","version":1}'),
    "a path for an id": ("GET", "/api/v1/incidents/..%2f..%2fetc", b""),
    "a NUL for an id": ("GET", "/api/v1/incidents/%00", b""),
    "half a character": ("GET", "/api/v1/units/%ff/history?start=0&end=1", b""),
    "NaN hours": ("GET", "/api/v1/units/u0101/history?start=nan&end=inf", b""),
    "all of time": ("GET", "/api/v1/units/u0101/history?start=0&end=9e9", b""),
    "a foreign cursor": ("GET", "/api/v1/incidents?cursor=99999999999999999999.x", b""),
    "a huge cursor": ("GET", "/api/v1/incidents?cursor=9999999999999999999.x", b""),
    "a huge limit": ("GET", "/api/v1/incidents?limit=99999999999999999999", b""),
    "no such state": ("GET", "/api/v1/incidents?state=gone&tier=nan", b""),
    "a forged link": ("GET", "/a/" + "0" * 32 + ".99999999999999999999.x", b""),
    "a link of digits": ("POST", "/a/" + "²" * 20, b""),
    "hours of a page": ("GET", "/units/u0101?hours=99999999999999999999999", b""),
    "no such place": ("GET", "/units?after=%ff%00", b""),
    "a long login": ("POST", "/login", b"login=admin&password=" + b"x" * 60_000),
}
