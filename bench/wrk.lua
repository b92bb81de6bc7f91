-- What wrk sends: `{id}`, `{n}` and `{word}` in the path and the body are filled in for each request.
-- Arguments: method, path, body, words separated by commas, first id, last id, and whether each id is used once.

local method, path, body, words, first, last, once
local sent = 0
local headers = {}

function init(args)
  method, path, body = args[1], args[2], args[3]
  first, last, once = tonumber(args[5]), tonumber(args[6]), args[7] == "once"
  words = {}
  for word in args[4]:gmatch("[^,]+") do
    words[#words + 1] = word
  end
  if body ~= "" then
    headers["Content-Type"] = "application/json"
  end
  math.randomseed(os.time())
end

function request()
  local number = once and first + sent or math.random(first, last)
  sent = sent + 1
  local values = {
    id = string.format("00000000-0000-7000-8000-%012x", number),
    n = tostring(sent),
    word = words[sent % #words + 1],
  }
  local filled = body ~= "" and body:gsub("{(%l+)}", values) or nil
  return wrk.format(method, path:gsub("{(%l+)}", values), headers, filled)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
