-- Load for wrk (one thread): every call is another one of a file, and every answer is checked.
--
-- Arguments: file of heads, file of calls, expected status, calls a second (0: as fast as the answers come), and whether
-- it ends when all calls are answered (`all`) or with the time (`some`).
-- A head is a line: the request line and headers, tabs between them. A call is a line: its head's number, a tab, its body.
local ffi = require('ffi')
ffi.cdef('typedef struct { long s, ns; } moment; int clock_gettime(int clock, moment *m); int getpid(); int kill(int pid, int signal);')

local CLOCK_MONOTONIC, SIGINT = 1, 2
-- of a connection for which there is no further call
local FOREVER_MS = 1e9
local moment = ffi.new('moment')
local function now_ms()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, moment)
  return tonumber(moment.s) * 1e3 + tonumber(moment.ns) / 1e6
end

-- in the main state: what each thread counted is read at the end
local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

-- in the thread's state; what `done` reads is global
local heads, calls, expected, rate = {}, {}, 0, 0
local verified, scheduled, all = false, 0, false
local sent_at = {}
sent, answered, bad, first_bad, exhausted = 0, 0, 0, '', false
latencies = {}
began, ended = nil, 0

local ORDER = '"order_hash":"(0x%x+)"'

function init(args)
  for line in io.lines(args[1]) do
    table.insert(heads, (line:gsub('\t', '\r\n')))
  end
  for line in io.lines(args[2]) do
    table.insert(calls, line)
  end
  expected, rate = tonumber(args[3]), tonumber(args[4])
  all = args[5] == 'all'
  if rate > 0 then delay = next_delay end
  if all then delay = while_there_are_calls end
end

function while_there_are_calls()
  scheduled = scheduled + 1
  return scheduled <= #calls and 0 or FOREVER_MS
end

-- Open loop: call n is due at n / rate, whatever became of the calls before it. A connection that is free before that
-- waits; the wait is rounded down, so that the clock's grain makes calls early rather than late.
function next_delay()
  began = began or now_ms()
  local due = began + scheduled * 1e3 / rate
  scheduled = scheduled + 1
  return math.max(0, math.floor(due - now_ms()))
end

function request()
  if not verified then -- wrk asks for one that it does not send
    verified = true
    return 'GET / HTTP/1.1\r\nHost: bench\r\n\r\n'
  end
  if sent == #calls then
    exhausted = true
    wrk.thread:stop()
    return 'GET / HTTP/1.1\r\nHost: bench\r\n\r\n'
  end
  began = began or now_ms()
  sent = sent + 1
  local head, body = calls[sent]:match('^(%d+)\t(.*)$')
  if rate > 0 then
    -- from when it was due, so that a queue before the service counts; from when it went out, if that was earlier
    sent_at[body:match(ORDER)] = math.min(began + (sent - 1) * 1e3 / rate, now_ms())
  end
  return heads[tonumber(head)] .. '\r\nContent-Length: ' .. #body .. '\r\n\r\n' .. body
end

function response(status, _, body)
  if status == expected and body:sub(1, 9) == '{"code":0' then
    answered, ended = answered + 1, now_ms()
    if rate > 0 then
      local order = body:match(ORDER)
      table.insert(latencies, now_ms() - sent_at[order])
      sent_at[order] = nil
    end
  else
    bad = bad + 1
    if bad == 1 then first_bad = status .. ' ' .. body end
  end
  -- wrk's main thread sleeps for the whole time but for this
  if all and answered + bad == #calls then ffi.C.kill(ffi.C.getpid(), SIGINT) end
end

function done(summary, latency)
  local thread = threads[1]
  local measured = thread:get('latencies')
  table.sort(measured)
  local function percentile(p)
    if #measured > 0 then return measured[math.ceil(#measured * p / 100)] end
    return latency:percentile(p) / 1e3
  end
  local errors = summary.errors
  print(string.format(
    'RESULT {"sent":%d,"answered":%d,"bad":%d,"exhausted":%s,"errors":%d,"seconds":%f,"p50":%f,"p99":%f}',
    thread:get('sent'), thread:get('answered'), thread:get('bad'), tostring(thread:get('exhausted')),
    errors.connect + errors.read + errors.write + errors.timeout, (thread:get('ended') - thread:get('began')) / 1e3,
    percentile(50), percentile(99)
  ))
  if thread:get('bad') > 0 then print('first bad answer: ' .. thread:get('first_bad')) end
end
