-- What every script shares: the clock, moving an event between states, and queueing one.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]        -- microseconds
local function whole(number) return string.format('%.0f', number) end

local function index(id, destination, state)
  redis.call('ZADD', K.AT .. destination .. ':' .. state, 0, id)
  redis.call('HINCRBY', K.COUNT, destination .. '|' .. state, 1)
end

-- Moves an event to another state, and sets further fields of it: name, value, name, value …
local function move(id, destination, from, to, ...)
  redis.call('ZREM', K.AT .. destination .. ':' .. from, id)
  index(id, destination, to)
  redis.call('HSET', K.EVENT .. id, 'state', to, 'changed_at', whole(now), ...)
end

local function ring()
  redis.call('LPUSH', K.BELL, 1)
  redis.call('LTRIM', K.BELL, 0, 63)
end

-- The company's queue has work: let a worker look at it.
local function wake(company)
  if redis.call('ZADD', K.DUE, 'NX', whole(now), company) == 1 then ring() end
end

-- Puts an event's job into its company's queue: at the front (it was there before) or at the back.
local function enqueue(id, company, front)
  local queue = K.QUEUE_PREFIX .. company
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'queued')
  redis.call(front and 'LPUSH' or 'RPUSH', K.RQ_QUEUE .. queue, id)
  redis.call('SADD', K.RQ_QUEUES, K.RQ_QUEUE .. queue)
  wake(company)
end

-- The event has ended: nothing of RQ's stays but a dead letter's job, and the record goes when `keep` µs have passed.
local function ended(id, company, keep)
  redis.call('ZADD', K.EXPIRY, whole(now + keep), id)
end

local function bury(id, company, destination, from, reason, detail, keep)
  move(id, destination, from, 'dead', 'reason', reason, 'detail', detail, 'ended_at', whole(now))
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', reason .. ': ' .. detail)
  redis.call('ZADD', K.RQ_FAILED .. K.QUEUE_PREFIX .. company, whole((now + keep) / 1000000), id)
  ended(id, company, keep)
end
