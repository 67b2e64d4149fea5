#!lua flags=allow-oom
-- Takes up to `want` events whose companies may call now: pop, lease and pace in one step.
-- ARGV: want, worker, lease µs, window µs, per_second and day_budget of a company that nobody published
-- Returns {µs until the next may be taken (-1 = nothing queued), event, event, …}; an event is the flat list
-- {company, event id, try, destination, operation, body, eventId, attempts, received_at, ambiguous, lockouts, throttles}.
local want, worker, lease, window = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local taken, wait, looks = {}, -1, 0
local FIELDS = {'state', 'destination', 'operation', 'body', 'event_id', 'attempts', 'received_at', 'ambiguous', 'lockouts'}

local function orphan(id, queue)                 -- a job that is no event of ours: never run, but shown
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', 'no event of the relay has this id')
  redis.call('EXPIRE', K.RQ_JOB .. id, 2592000)
  redis.call('ZADD', K.RQ_FAILED .. queue, clock[1] + 2592000, id)
end

local function lease_out(id, company, queue, event, throttles)
  local try = redis.call('HINCRBY', K.EVENT .. id, 'tries', 1)
  move(id, event[2], 'queued', 'sending', 'worker', worker)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'started', 'worker_name', worker)
  redis.call('ZADD', K.RQ_STARTED .. queue, clock[1] + 3600, id .. ':' .. try)
  redis.call('ZADD', K.LEASE, whole(now + lease), company .. '|' .. id .. '|' .. try)
  taken[#taken + 1] = {company, id, try, event[2], event[3], event[4], event[5], event[6] or '0', event[7],
    event[8] or '', event[9] or '0', throttles or '0'}
end

-- `rq requeue` puts a dead letter's job back without knowing of events: that is a replay.
local function revive(id, event)
  move(id, event[2], 'dead', 'queued', 'attempts', 0)
  redis.call('ZREM', K.EXPIRY, id)
  event[6] = '0'
end

local function pop(company, limits)
  local queue = K.QUEUE_PREFIX .. company
  local id = redis.call('LPOP', K.RQ_QUEUE .. queue)
  if not id then redis.call('ZREM', K.DUE, company) return end
  local event = redis.call('HMGET', K.EVENT .. id, unpack(FIELDS))
  if not event[1] then return orphan(id, queue) end
  if event[1] == 'dead' and redis.call('HGET', K.RQ_JOB .. id, 'status') == 'queued' then
    revive(id, event)
  elseif event[1] ~= 'queued' then
    return                                       -- a second copy of an id, or one that an operator discarded
  end
  if redis.call('SISMEMBER', K.HOLDS, event[2]) == 1 then
    move(id, event[2], 'queued', 'held')
    return redis.call('RPUSH', K.HELD .. event[2], id)
  end
  spend(company, tonumber(limits[1]))
  lease_out(id, company, queue, event, limits[4])
end

while #taken < want and looks < want + 500 do
  looks = looks + 1
  local head = redis.call('ZRANGE', K.DUE, 0, 0, 'WITHSCORES')
  if #head == 0 then wait = -1 break end
  if tonumber(head[2]) > now then wait = tonumber(head[2]) - now break end
  local company = head[1]
  local limits = redis.call('HMGET', K.COMPANY .. company, 'per_second', 'day_budget', 'frozen_until', 'throttles')
  limits[1], limits[2] = limits[1] or ARGV[5], limits[2] or ARGV[6]
  local ready = ready_at(company, limits, window)
  if ready <= now then pop(company, limits) ready = ready_at(company, limits, window) end
  if redis.call('EXISTS', K.RQ_QUEUE .. K.QUEUE_PREFIX .. company) == 1 then
    redis.call('ZADD', K.DUE, whole(ready), company)
  else
    redis.call('ZREM', K.DUE, company)
  end
  wait = 0
end
return {wait, unpack(taken)}
