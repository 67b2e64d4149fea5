#!lua flags=allow-oom
-- Takes up to `want` events whose companies may call now: pop, lease and pace in one step.
-- ARGV: want, worker, lease µs, window µs, slack µs, and of a company that nobody published: per_second, day_budget,
--       high_room
-- Returns {µs until the next may be taken (-1 = nothing queued), event, event, …}; an event is the flat list
-- {company, event id, try, destination, operation, body, eventId, attempts, received_at, ambiguous, lockouts, throttles,
--  slot, 1 if it tries a Gong that was down, gathered, first_at, last_at, aggregate,
--  the request's bytes as they are kept, where the body goes on from them}.
local want, worker, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local pace, default = {window = tonumber(ARGV[4]), slack = tonumber(ARGV[5])}, {ARGV[6], ARGV[7], ARGV[8]}
local hopeful = {window = pace.window, slack = 0}  -- by then the answers will be there; if not, it is looked at again
local taken, wait, looks, served = {}, -1, 0, 0
local FIELDS = {'state', 'destination', 'operation', 'body', 'event_id', 'attempts', 'received_at', 'ambiguous', 'lockouts',
  'aggregate_count', 'first_at', 'last_at', 'aggregate', 'receipt'}

local function orphan(id, queue)                 -- a job that is no event of ours: never run, but shown
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', 'no event of the relay has this id')
  redis.call('EXPIRE', K.RQ_JOB .. id, 2592000)
  redis.call('ZADD', K.RQ_FAILED .. queue, clock[1] + 2592000, id)
end

-- The queue whose turn it is, and whether it is of priority high.
local function next_queue(company)
  local first = redis.call('ZRANGE', K.TURN .. company, 0, 0, 'WITHSCORES')
  if #first == 0 then return end
  return first[1], math.floor(tonumber(first[2]) / RANK)
end

local function pass_turn(company, queue, rank)
  if redis.call('EXISTS', K.RQ_QUEUE .. queue) == 0 then return redis.call('ZREM', K.TURN .. company, queue) end
  served = served + 1                            -- several of one moment keep their order
  redis.call('ZADD', K.TURN .. company, whole(rank * RANK + now + served), queue)
end

-- Packed as the rest of what its request's bytes begin (mark 2 of relay.store.engine.compression), a body is read with them.
local function beginning(event)
  return event[4] and string.byte(event[4]) == 2 and redis.call('HGET', K.RECEIPT .. event[14], 'raw') or ''
end

local function lease_out(id, company, queue, event, limits, tries, slot)
  local try = redis.call('HINCRBY', K.EVENT .. id, 'tries', 1)
  move(id, event[2], 'queued', 'sending', 'worker', worker)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'started', 'worker_name', worker)
  redis.call('ZADD', K.RQ_STARTED .. queue, clock[1] + 3600, id .. ':' .. try)
  redis.call('ZADD', K.LEASE, whole(now + lease), company .. '|' .. id .. '|' .. try)
  if tries then redis.call('HSET', K.BREAKER .. limits.base_url, 'trial', id, 'trial_until', whole(now + lease)) end
  taken[#taken + 1] = {company, id, try, event[2], event[3], event[4], event[5], event[6] or '0', event[7],
    event[8] or '', event[9] or '0', limits.throttles or '0', slot, tries and '1' or '', event[10] or '', event[11] or '',
    event[12] or '', event[13] or '', beginning(event)}
end

-- `rq requeue` puts a dead letter's job back without knowing of events: that is a replay.
local function requeued(id, event)
  cluster_remove(id)
  revive(id, {state = 'dead', destination = event[2]})
  event[6] = '0'
end

local function pop(company, limits, queue, rank, tries)
  local id = redis.call('LPOP', K.RQ_QUEUE .. queue)
  pass_turn(company, queue, rank)
  if not id then return end
  local event = redis.call('HMGET', K.EVENT .. id, unpack(FIELDS))
  if not event[1] then return orphan(id, queue) end
  if event[1] == 'dead' and redis.call('HGET', K.RQ_JOB .. id, 'status') == 'queued' then
    requeued(id, event)
  elseif event[1] ~= 'queued' then
    return                                       -- a second copy of an id, or one that an operator discarded
  end
  if redis.call('SISMEMBER', K.HOLDS, event[2]) == 1 then
    move(id, event[2], 'queued', 'on_hold')
    return redis.call('RPUSH', K.HELD .. event[2], id)
  end
  lease_out(id, company, queue, event, limits, tries, spend(company, limits.rate, rank == 0))
end

-- Takes one event of the company if it may call now. Returns when it may next, nil when nothing of it is queued.
local function serve(company)
  local limits = limits_of(company, default)
  local queue, rank = next_queue(company)
  if not queue then return end
  local ready, tries = ready_at(company, limits, rank == 0, pace)
  if ready > now then return ready end
  pop(company, limits, queue, rank, tries)
  queue, rank = next_queue(company)
  return queue and (ready_at(company, limits, rank == 0, hopeful))
end

while #taken < want and looks < want + 500 do
  looks = looks + 1
  local head = redis.call('ZRANGE', K.DUE, 0, 0, 'WITHSCORES')
  if #head == 0 then wait = -1 break end
  if tonumber(head[2]) > now then wait = tonumber(head[2]) - now break end
  local company = head[1]
  local ready = serve(company)
  if ready then
    redis.call('ZADD', K.DUE, whole(ready), company)
  else
    redis.call('ZREM', K.DUE, company)
  end
  wait = 0
end
return {wait, unpack(taken)}
