// InfluxDB 2.x: influx task create --file v2-water-hourly.flux
// The register at the end of each hour, of the last three days anew each time, since readings
// come late. Quality is a field and not looked at here; kept in a bucket of its own: influx bucket create --name shouwang-decade --retention 520w
option task = {name: "shouwang water hourly", every: 1h, offset: 5m}

from(bucket: "shouwang")
  |> range(start: -3d)
  |> filter(fn: (r) => r._measurement == "reading" and r.kind == "water")
  |> filter(fn: (r) => r.channel == "water.total" and r._field == "value")
  |> aggregateWindow(every: 1h, fn: last, createEmpty: false)
  |> set(key: "_measurement", value: "water_hourly")
  |> to(bucket: "shouwang-decade")
