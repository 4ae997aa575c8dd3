"""Messages of the vendors' families that no recording has: other values, fields and records.

Made from the formats' documents. What is listed must be said, under every device's own name.
"""

import json
from typing import Any, NamedTuple

from edge.profiles.frame import crc16_x25


class Example(NamedTuple):
    """A payload and the readings that it must give: device, channel, value."""

    name: str
    topic: str
    payload: bytes
    says: tuple[tuple[str, str, Any], ...]


def json_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def _says(device: str, **values: Any) -> tuple[tuple[str, str, Any], ...]:
    """Readings of one device; `__` in a name stands for the dot of the channel."""
    return tuple((device, name.replace("__", "."), value) for name, value in values.items())


def dlt645(address: str, control: int, data: str) -> bytes:
    raw = bytes((byte + 0x33) % 256 for byte in bytes.fromhex(data))
    head = b"\x68" + bytes.fromhex(address)[::-1] + b"\x68" + bytes([control, len(raw)])
    frame = head + raw
    return b"\xfe\xfe" + frame + bytes([sum(frame) % 256, 0x16])


def cjt188(kind: int, address: str, data: str, control: int = 0x81) -> bytes:
    raw = bytes.fromhex(data)
    head = bytes([0x68, kind]) + bytes.fromhex(address)[::-1] + bytes([control, len(raw)])
    frame = head + raw
    return frame + bytes([sum(frame) % 256, 0x16])


def dlt698(apdu: str) -> bytes:
    raw = bytes.fromhex(apdu)
    head = (len(raw) + 15).to_bytes(2, "little") + bytes.fromhex("c3 05 785634129078 00")
    body = head + crc16_x25(head).to_bytes(2, "little") + raw
    return b"\x68" + body + crc16_x25(body).to_bytes(2, "little") + b"\x16"


def chirpstack(**fields: Any) -> bytes:
    info = {"devEui": "24e124136c000009", "deviceName": "hall", "deviceProfileName": "x"}
    info |= fields.pop("info", {})
    base = {"deduplicationId": "d1", "time": "2026-09-02T23:09:00.5+00:00", "deviceInfo": info}
    return json_bytes(base | fields)


def ttn(**uplink: Any) -> bytes:
    base = {"received_at": "2026-09-02T23:09:00Z", "rx_metadata": [{"rssi": -101, "snr": -3.25}]}
    ids = {"device_id": "d9", "dev_eui": "70B3D57ED0000009"}
    return json_bytes({"end_device_ids": ids, "uplink_message": base | uplink})


CHIRPSTACK_UP = "application/1/device/24e124136c000009/event/up"
_CS = "chirpstack:24e124136c000009"
TTN_UP = "v3/flats/devices/d9/up"
_TTN = "ttn:70b3d57ed0000009"
_SHELLY = "shellyplus1pm-a1b2/events/rpc"
_ACS = {
    "dateTime": "2026-09-03T07:09:00+08:00", "macAddress": "44:19:B6:00:00:01",
    "eventType": "AccessControllerEvent", "eventState": "active",
}  # fmt: skip
RTLOG = "http/zkteco/AF4C/rtlog"
_MANSCDP = '<?xml version="1.0" encoding="UTF-8"?><{0}>{1}</{0}>'

EXAMPLES = (
    Example("chirpstack: a port of zero, no gateways", CHIRPSTACK_UP,
            chirpstack(object={"temperature": 19.5, "humidity": 61, "battery": 88}),
            _says(_CS, temperature__c=19.5, humidity__pct=61, battery__pct=88)),
    Example("chirpstack: two gateways, a codec in a tag", CHIRPSTACK_UP,
            chirpstack(info={"tags": {"codec": "em300-sld"}}, fPort=85, data="AXVkBQAB",
                        rxInfo=[{"rssi": -110, "snr": -8}, {"rssi": -71, "snr": 9.2}]),
            _says(_CS, battery__pct=100, leak="wet", rssi__dbm=-71, snr__db=9.2)),
    Example("chirpstack: a codec that says closed in its own word", CHIRPSTACK_UP,
            chirpstack(object={"magnet_status": "closed", "battery": 12}),
            _says(_CS, door__contact="closed", battery__pct=12)),
    Example("chirpstack: no battery to tell of", CHIRPSTACK_UP[:-2] + "status",
            chirpstack(margin=-4, externalPowerSource=True), _says(_CS, margin__db=-4)),
    Example("the things stack: an application without a tenant", TTN_UP,
            ttn(decoded_payload={"temperature": -3.5, "batV": 3.01}, f_port=2, f_cnt=77),
            _says(_TTN, temperature__c=-3.5, battery__v=3.01, rssi__dbm=-101, snr__db=-3.25)),
    Example("the things stack: a normalized payload", "v3/flats@ttn/devices/d9/up",
            ttn(normalized_payload=[{"air": {"temperature": 21.25, "relativeHumidity": 40},
                                      "action": {"contactState": "open"}, "battery": 2.9}]),
            _says(_TTN, temperature__c=21.25, humidity__pct=40, door__contact="open",
                  battery__v=2.9)),
    Example("axioma: the extended frame",
            "lorawan/axioma-w1/0102030405060708/100",
            (1_788_390_000).to_bytes(4, "little") + b"\x04" + (123_456).to_bytes(4, "little")
            + (1_788_336_000).to_bytes(4, "little") + (123_400).to_bytes(4, "little") + bytes(30),
            _says("lorawan:0102030405060708", water__total=123.456, meter__alarm="low_battery")),
    Example("axioma: an alarm", "lorawan/axioma-w1/0102030405060708/103",
            (1_788_390_000).to_bytes(4, "little") + b"\xa0",
            _says("lorawan:0102030405060708", meter__alarm="burst", meter__fault="")),
    Example("axioma: a day of other deltas, as an object of the network server", CHIRPSTACK_UP,
            chirpstack(fPort=100, object={"timestamp_unix": 1788386400, "status": 16,
                        "log_volume_m3": 10.5, **{f"delta_{n}_m3": 0.002 for n in range(1, 24)}}),
            _says(_CS, water__total=10.546, meter__fault="pipe_empty")),
    Example("milesight: a frost and a humidity", "lorawan/em300-mcs/24E124136C000001/85",
            bytes.fromhex("01750A 0367D8FF 046850 060000"),
            _says("lorawan:24e124136c000001", battery__pct=10, temperature__c=-4.0,
                  humidity__pct=40, door__contact="closed")),
    Example("milesight: pulses and their level", "lorawan/em300-di/24E124136C000001/85",
            bytes.fromhex("05C8 39300000"), _says("lorawan:24e124136c000001", pulse__a=12345)),
    Example("milesight: a door magnet and its case", CHIRPSTACK_UP,
            chirpstack(info={"deviceProfileName": "Milesight WS301"}, fPort=85,
                        data="AXVkAwABBAAA"),
            _says(_CS, door__contact="open", device__tamper="clear")),
    Example("milesight: a climate of the past", CHIRPSTACK_UP,
            chirpstack(info={"tags": {"codec": "EM300-TH"}}, fPort=85, data="IM6edEZjEAFdAA=="),
            _says(_CS, temperature__c=27.2, humidity__pct=46.5)),
    Example("wmbusmeters: cold water with a flow and leak alarms", "wmbusmeters/76348799",
            json_bytes({"media": "cold water", "meter": "multical21", "id": "76348799",
                   "total_m3": 6.408, "target_m3": 6.408, "flow_temperature_c": 127,
                   "current_alarms": "LEAK", "timestamp": "2026-09-02T23:09:00Z"}),
            _says("wmbus:76348799", water__total=6.408, water__month=6.408, meter__alarm="leak")),
    Example("wmbusmeters: heat in gigajoules", "home/heat",
            json_bytes({"media": "heat", "meter": "hydrocalm3", "id": "8A0B0C0D",
                   "total_energy_consumption_gj": 3.6, "total_volume_m3": 12.5}),
            _says("wmbus:8a0b0c0d", heat__total=1_000, heat__volume=12.5)),
    Example("wmbusmeters: gas", "wmbusmeters/00112233",
            json_bytes({"media": "gas", "meter": "unismart", "id": "00112233", "total_m3": 917.0,
                   "status": "PERMANENT_ERROR"}),
            _says("wmbus:00112233", gas__total=917, meter__fault="permanent_error")),
    Example("wmbusmeters: three phases and two tariffs", "wmbusmeters/10101011",
            json_bytes({"media": "electricity", "meter": "amiplus", "id": "10101011",
                   "total_energy_consumption_kwh": 100, "voltage_at_phase_2_v": 231,
                   "total_energy_consumption_tariff_2_kwh": 40}),
            _says("wmbus:10101011", elec__total=100, elec__tariff__2=40, elec__voltage__b=231)),
    Example("wmbusmeters: a room", "wmbusmeters/11772288",
            json_bytes({"media": "room sensor", "meter": "lansenth", "id": "11772288",
                   "current_temperature_c": 21.8, "current_relative_humidity_rh": 43}),
            _says("wmbus:11772288", temperature__c=21.8, humidity__pct=43)),
    Example("zigbee2mqtt: smoke, a low battery, an opened case", "zigbee2mqtt/kitchen/smoke",
            json_bytes({"smoke": True, "battery_low": True, "tamper": True, "linkquality": 40}),
            _says("z2m:kitchen/smoke", smoke="smoke", battery__state="low",
                  device__tamper="tampered", lqi=40)),
    Example("zigbee2mqtt: a button in need", "zigbee2mqtt/button",
            json_bytes({"action": "emergency", "battery": 71, "voltage": 2900}),
            _says("z2m:button", sos="pressed", battery__pct=71)),
    Example("zigbee2mqtt: climate and motion", "zigbee2mqtt/hall",
            json_bytes({"occupancy": False, "temperature": 22.31, "humidity": 48.2,
                   "illuminance": 12}),
            _says("z2m:hall", motion="clear", temperature__c=22.31, humidity__pct=48.2,
                  illuminance__lx=12)),
    Example("tasmota: state", "tele/plug/STATE",
            json_bytes({"Time": "2026-09-03T07:09:00", "POWER": "ON",
                   "Wifi": {"RSSI": 78, "Signal": -61}}),
            _says("tasmota:plug", switch="on", rssi__dbm=-61)),
    Example("tasmota: pulses, a climate, a prefix behind the topic", "plug/tele/SENSOR",
            json_bytes({"Time": "2026-09-03T07:09:00", "COUNTER": {"C1": 77, "C2": 0},
                   "AM2301": {"Temperature": 71.6, "Humidity": 55}, "TempUnit": "F"}),
            _says("tasmota:plug", pulse__a=77, pulse__b=0, temperature__c=22, humidity__pct=55)),
    Example("shelly: three phases", "em-1/status/em:0",
            json_bytes({"id": 0, "total_act_power": 951.2, "a_voltage": 230.1, "b_voltage": 231.0,
                   "c_current": 1.7}),
            _says("shelly:em-1", elec__power=951.2, elec__voltage=230.1, elec__voltage__b=231,
                  elec__current__c=1.7)),
    Example("shelly: everything of a climate sensor", _SHELLY,
            json_bytes({"src": "ht-1", "method": "NotifyFullStatus", "params": {
                "ts": 1788390540.5, "temperature:0": {"id": 0, "tC": 20.1},
                "humidity:0": {"id": 0, "rh": 51}, "devicepower:0": {
                    "battery": {"V": 5.4, "percent": 80}}}}),
            _says("shelly:ht-1", temperature__c=20.1, humidity__pct=51, battery__pct=80)),
    Example("shelly: a flood", _SHELLY,
            json_bytes({"src": "flood-1", "method": "NotifyStatus",
                   "params": {"ts": 1788390540.5, "flood:0": {"id": 0, "alarm": True}}}),
            _says("shelly:flood-1", leak="wet")),
    Example("esphome: the name of a device class", "flat/sensor/fridge_power/state", b"61.5",
            _says("esphome:flat/fridge_power", elec__power=61.5)),
    Example("esphome: no leak", "flat/binary_sensor/sink_leak/state", b"OFF",
            _says("esphome:flat/sink_leak", leak="dry")),
    Example("frigate: two cameras, one of which is fine", "frigate/stats",
            json_bytes({"cameras": {"a": {"camera_fps": 5.1, "connection_quality": "good"},
                               "b": {"camera_fps": 4.0, "connection_quality": "unusable"}},
                   "service": {"last_updated": 1788390540}}),
            (("frigate:camera/a", "cam.state", "up"), ("frigate:camera/b", "cam.state", "down"))),
    Example("frigate: a camera is back", "frigate/yard/status/detect", b"online",
            _says("frigate:camera/yard", cam__state="up")),
    Example("frigate: something moves", "frigate/yard/motion", b"ON",
            _says("frigate:camera/yard", motion="motion")),
    Example("chirpstack: a battery in volts", CHIRPSTACK_UP, chirpstack(object={"battery": 3.6}),
            _says(_CS, battery__v=3.6)),
    Example("dl/t 645: the first of several frames", "",
            dlt645("000000000999", 0xB1, "00000200 01000000"),
            _says("dlt645:000000000999", elec__export=0.01)),
    Example("hikvision: a card without permission", "http/hikvision",
            json_bytes(_ACS | {"AccessControllerEvent": {
                "majorEventType": 5, "subEventType": 6, "doorNo": 2, "serialNo": 9}}),
            _says("hikvision:44:19:b6:00:00:01/door2", door__access="denied", door__method="card")),
    Example("hikvision: a door left open", "http/hikvision",
            json_bytes(_ACS | {"AccessControllerEvent": {
                "majorEventType": 5, "subEventType": 28, "serialNo": 10}}),
            _says("hikvision:44:19:b6:00:00:01", door__contact="open")),
    Example("hikvision: a heartbeat in XML", "http/hikvision",
            b"<EventNotificationAlert><macAddress>44:19:B6:00:00:01</macAddress>"
            b"<dateTime>2026-09-03T07:09:00+08:00</dateTime><eventType>videoloss</eventType>"
            b"<eventState>inactive</eventState></EventNotificationAlert>",
            _says("hikvision:44:19:b6:00:00:01", device__state="up")),
    Example("dahua: a card on the way out", "DahuaVTO/AccessControl/Event",
            json_bytes({"Data": {"Method": 1, "RecNo": 7, "Status": 0, "Type": "Exit",
                            "UTC": 1788390540}, "serialNumber": "4H01"}),
            _says("dahua:4H01", door__access="denied", door__method="card", door__direction="out")),
    Example("dahua: the door itself", "DahuaVTO/DoorStatus/Event",
            json_bytes({"Data": {"Status": "Open", "UTC": 1788390540}, "serialNumber": "4H01"}),
            _says("dahua:4H01", door__contact="open")),
    Example("zkteco: two events, a forced door", RTLOG,
            b"time=2026-09-03 07:09:00\tpin=0\tcardno=0\teventaddr=1\tevent=102\tinoutstatus=2\n"
            b"time=2026-09-03 07:09:05\teventaddr=2\tevent=27\tinoutstatus=0\tverifytype=4\n",
            (("zkteco:AF4C", "door.contact", "open"), ("zkteco:AF4C/2", "door.access", "denied"),
             ("zkteco:AF4C/2", "door.direction", "in"))),
    Example("zkteco: columns, by finger", "http/zkteco/AF4C/ATTLOG",
            b"9\t2026-09-03 07:09:00\t0\t1\t\t0\t0\n",
            _says("zkteco:AF4C", door__access="granted", door__method="finger")),
    Example("onvif: motion is over", "http/onvif/yard",
            b'<Envelope><NotificationMessage><Topic>tns1:VideoSource/MotionAlarm</Topic><Message>'
            b'<Message UtcTime="2026-09-02T23:09:00Z"><Data><SimpleItem Name="State" '
            b'Value="false"/></Data></Message></Message></NotificationMessage></Envelope>',
            _says("onvif:yard", motion="clear")),
    Example("onvif: the scene was turned away", "http/onvif/yard",
            b"<NotificationMessage><Topic>tns1:VideoSource/GlobalSceneChange/AnalyticsService"
            b'</Topic><Message UtcTime="2026-09-02T23:09:00Z"><Data><SimpleItem Name="State" '
            b'Value="true"/></Data></Message></NotificationMessage>',
            _says("onvif:yard", device__tamper="tampered")),
    Example("osdp: as JSON, tampered", "bus/osdp/gate",
            json_bytes({"address": 3, "tamper": 1, "power": 0}),
            _says("osdp:gate/3", device__tamper="tampered", device__state="up")),
    Example("osdp: as JSON, a reader that is gone", "bus/osdp/gate",
            json_bytes({"pd": 4, "online": False}),
            _says("osdp:gate/4", device__state="down")),
    Example("gb28181: a subscription says what changed", "",
            _MANSCDP.format("Notify", "<CmdType>Catalog</CmdType><SN>5</SN><DeviceID>1</DeviceID>"
                "<SumNum>1</SumNum><DeviceList Num='1'><Item><DeviceID>2</DeviceID>"
                "<Event>VLOST</Event></Item></DeviceList>").encode(),
            _says("gb28181:2", cam__state="down")),
    Example("gb28181: a case is opened", "sip/gb28181",
            _MANSCDP.format("Notify", "<CmdType>Alarm</CmdType><SN>6</SN><DeviceID>2</DeviceID>"
                "<AlarmPriority>1</AlarmPriority><AlarmMethod>2</AlarmMethod>"
                "<Info><AlarmType>2</AlarmType></Info>").encode(),
            _says("gb28181:2", device__tamper="tampered")),
    Example("cj/t 188: hot water, id the other way round", "",
            cjt188(0x11, "00000000012345", "901F05 34120000 2C 00100000 2C 00000000000000 0000"),
            _says("cjt188:00000000012345", water__total=12.34, water__month=10.0)),
    Example("cj/t 188: heat", "",
            cjt188(0x20, "00000000000077", "1F9000 00000000 05 50340200 05 15000000 17 "
                    "00105000 35 99990100 2C 205500 104500 001000 00000000000000 0000"),
            _says("cjt188:00000000000077", heat__total=234.5, heat__power=150.0, heat__flow=50.1,
                  heat__volume=199.99, heat__supply__c=55.20, heat__return__c=45.10)),
    Example("cj/t 188: heat of a maker that puts the unit first", "",
            cjt188(0x20, "00000040314132", "901F01 08 02000000 08 02000000 17 00000000 "
                   "35 00000000 2C 34100000 352500 662500 000000 53001210071520 0000"),
            _says("cjt188:00000040314132", heat__total=20, heat__power=0, heat__volume=10.34,
                  heat__supply__c=25.35, heat__return__c=25.66)),
    Example("cj/t 188: gas", "bus/cjt188",
            cjt188(0x30, "00000000000088", "1F9000 78560000 2C 00000000 2C 00000000000000 0000"),
            _says("cjt188:00000000000088", gas__total=56.78)),
    Example("dl/t 645: a block of energies", "",
            dlt645("000000000999", 0x91, "00FF0100 56341200 00100000 00200000 00300000 56741100"),
            _says("dlt645:000000000999", elec__total=1234.56, elec__tariff__1=10,
                  elec__tariff__4=1174.56)),
    Example("dl/t 645: three voltages, one of them absent", "",
            dlt645("000000000999", 0x91, "00FF0102 1923 FFFF 0523"),
            _says("dlt645:000000000999", elec__voltage=231.9, elec__voltage__c=230.5)),
    Example("dl/t 645: power that flows back", "",
            dlt645("000000000999", 0x91, "00000302 503081"),
            _says("dlt645:000000000999", elec__power=-1_305.0)),
    Example("dl/t 698.45: three voltages", "",
            dlt698("8501 00 20000200 01 01 03 12 0903 12 0900 12 08FF 00 00"),
            _says("dlt698:789012345678", elec__voltage=230.7, elec__voltage__c=230.3)),
    Example("dl/t 698.45: a list of energy and power", "",
            dlt698("8502 00 02 00100201 01 06 000186A0 20040200 01 01 01 05 FFFFFF9C 00 00"),
            _says("dlt698:789012345678", elec__total=1_000.0, elec__power=-10.0)),
    Example("ctwing: an event", "http/ctwing",
            json_bytes({"messageType": "eventReport", "deviceId": "d7", "timestamp": 1788390540000,
                   "eventType": 1, "eventContent": {"smoke": 1, "battery_level": 55}}),
            _says("ctwing:d7", smoke="smoke", battery__pct=55)),
    Example("ctwing: data and a state", "http/ctwing",
            json_bytes({"messageType": "dataReport", "deviceId": "d7", "timestamp": 1788390540000,
                   "payload": {"serviceId": 1, "serviceData": {"water_total": 3.25, "snr": 7}}}),
            _says("ctwing:d7", water__total=3.25, snr__db=7)),
    Example("iotda: two services", "http/iotda",
            json_bytes({"resource": "device.property", "event": "report",
                   "event_time": "20260902T230900Z", "notify_data": {
                       "header": {"device_id": "d8"}, "body": {"services": [
                           {"service_id": "GasMeter", "properties": {"total": 88.1},
                            "event_time": "20260902T230900Z"},
                           {"service_id": "Battery", "properties": {"batteryLevel": 64}}]}}}),
            _says("iotda:d8", gas__total=88.1, battery__pct=64)),
    Example("iotda: back on line", "http/iotda",
            json_bytes({"resource": "device.status", "event_time": "20260902T230900Z",
                   "notify_data": {"header": {"device_id": "d8"}, "body": {"status": "ONLINE"}}}),
            _says("iotda:d8", device__state="up")),
    Example("sparkplug: a birth in protobuf", "spBv1.0/g/DBIRTH/n/d",
            bytes.fromhex("08eaf2f5a8a02b 120a 0a046c65616b 200b 7001 1803"),
            (("sparkplug:g/n/d", "device.state", "up"), ("sparkplug:g/n/d", "leak", "wet"))),
    Example("sparkplug: as JSON, with a null", "spBv1.0/g/NDATA/n",
            json_bytes({"timestamp": 1788390540000, "seq": 200, "metrics": [
                {"name": "elec/power", "dataType": "Double", "value": 12.5},
                {"name": "temperature", "dataType": "Float", "is_null": True}]}),
            _says("sparkplug:g/n", elec__power=12.5)),
    Example("cloudevents: on any topic, data in base64", "mytopic",
            json_bytes({"specversion": "1.0", "id": "9", "source": "/flat", "type": "t",
                   "datacontenttype": "application/json", "data_base64": "eyJsZWFrIjp0cnVlfQ=="}),
            _says("cloudevents:/flat", leak="wet")),
    Example("cloudevents: with a subject", "cloudevents/x",
            json_bytes({"specversion": "1.0", "id": "9", "source": "/flat", "type": "t",
                   "subject": "w1", "time": "2026-09-03T07:09:00+08:00",
                   "data": {"water.total": 7.5}}),
            _says("cloudevents:/flat/w1", water__total=7.5)),
    Example("thingsboard: a list with times", "v1/devices/me/telemetry",
            json_bytes([{"ts": 1788390480000, "values": {"temperature": 20.0}},
                   {"ts": 1788390540000, "values": {"humidity": 44}}]),
            _says("thingsboard:me", temperature__c=20, humidity__pct=44)),
    Example("thingsboard: two devices of a gateway", "v1/gateway/telemetry",
            json_bytes({"A": [{"ts": 1788390540000, "values": {"elec.power": 5}}],
                   "B": [{"values": {"door.contact": "open"}}]}),
            (("thingsboard:A", "elec.power", 5), ("thingsboard:B", "door.contact", "open"))),
    Example("senml: names of quantities", "",
            json_bytes([{"bn": "urn:dev:mac:0024be:", "n": "voltage", "u": "V", "v": 120.1},
                   {"n": "current", "u": "A", "v": 1.2}, {"n": "temperature", "u": "Cel", "v": 9}]),
            _says("senml:urn:dev:mac:0024be", elec__voltage=120.1, elec__current=1.2,
                  temperature__c=9)),
    Example("senml: sums", "flat/senml",
            json_bytes([{"bn": "m1/", "n": "power", "u": "W", "s": 7_200_000},
                   {"bn": "m1/", "n": "water.total", "u": "L", "s": 1250}]),
            _says("senml:m1", elec__total=2.0, water__total=1.25)),
)  # fmt: skip
