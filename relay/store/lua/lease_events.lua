#!lua flags=allow-oom
-- Leases events whose companies may make a call now: takes them from their queues, counts the calls and starts the leases
-- in one step.
--
-- ARGV: most events, worker, lease µs, window µs, slack µs, and the limits of a company without published ones: per_second,
--       daily_budget, high_priority_reserve
-- Returns {µs until the next event may be leased (-1 = nothing is queued), event, event, …}. An event is the list {company,
-- event id, try, destination, operation, body, eventId, attempts, received_at, ambiguous, blocked_count, consecutive_429s,
-- slot, 1 if its call is a breaker's trial, µs of the lease, aggregate_count, first_at, last_at, aggregate, the request's stored bytes if
-- the body continues them}.
-- Uses shared: move_event, reset_for_replay, resume_turns, RANK; pacing: limits_of, next_call_time, record_call;
-- source_shares: has_shares, share_used_until, record_source_call, source_of; clusters: remove_from_cluster.
local want, worker, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local pace, default = {window = tonumber(ARGV[4]), slack = tonumber(ARGV[5])}, {ARGV[6], ARGV[7], ARGV[8]}
-- Assumes that the calls in flight will be answered by then. If they are not, the company is checked once more.
local optimistic_pace = {window = pace.window, slack = 0}
local leased, wait, checks, served = {}, -1, 0, 0
local FIELDS = {'state', 'destination', 'operation', 'body', 'event_id', 'attempts', 'received_at', 'ambiguous',
  'blocked_count', 'aggregate_count', 'first_at', 'last_at', 'aggregate', 'receipt'}

-- A job in our queue without an event of ours: it is never run, but shows as failed.
local function fail_unknown_job(id, queue)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', 'the relay has no event with this id')
  redis.call('EXPIRE', K.RQ_JOB .. id, 2592000)
  redis.call('ZADD', K.RQ_FAILED .. queue, clock[1] + 2592000, id)
end

-- The queue whose turn it is, and the rank of its priority. A queue whose source has used up its share of the day loses its
-- turn until there is room, so that it costs one check and not one for every call of the others.
local function next_queue(company, budget)
  while true do
    local first = redis.call('ZRANGE', K.TURNS .. company, 0, 0, 'WITHSCORES')
    if #first == 0 then return end
    local queue = first[1]
    local used_until = has_shares and share_used_until(company, source_of(queue, company), budget)
    if not used_until then return queue, math.floor(tonumber(first[2]) / RANK) end
    redis.call('ZREM', K.TURNS .. company, queue)
    redis.call('ZADD', K.PAUSED_TURNS .. company, whole(used_until), queue)
  end
end

-- The earlier of `ready_at` and the time at which a paused queue gets its turn again; nil if there is neither.
local function or_resumed_turn(company, ready_at)
  local resumes_at = tonumber(redis.call('ZRANGE', K.PAUSED_TURNS .. company, 0, 0, 'WITHSCORES')[2])
  if not resumes_at or not ready_at then return ready_at or resumes_at end
  return math.min(ready_at, resumes_at)
end

-- Puts a queue that was just served behind the others of its priority.
local function rotate_turn(company, queue, rank)
  if redis.call('EXISTS', K.RQ_QUEUE .. queue) == 0 then return redis.call('ZREM', K.TURNS .. company, queue) end
  served = served + 1                            -- keeps the order of queues that are served by the same script
  redis.call('ZADD', K.TURNS .. company, whole(rank * RANK + now + served), queue)
end

-- A body that starts with mark 2 of `relay.store.engine.compression` continues the compressed bytes of its request.
local function request_bytes(event)
  return event[4] and string.byte(event[4]) == 2 and redis.call('HGET', K.RECEIPT .. event[14], 'raw') or ''
end

local function lease_event(id, company, queue, event, limits, is_trial, slot)
  local try = redis.call('HINCRBY', K.EVENT .. id, 'tries', 1)
  move_event(id, event[2], 'queued', 'sending', 'worker', worker)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'started', 'worker_name', worker)
  redis.call('ZADD', K.RQ_STARTED .. queue, clock[1] + 3600, id .. ':' .. try)
  -- The try is part of the lease: a worker that lost its lease cannot settle the next one.
  redis.call('ZADD', K.LEASES, whole(now + lease), company .. '|' .. id .. '|' .. try)
  if is_trial then
    redis.call('HSET', K.BREAKER .. limits.base_url, 'trial', id, 'trial_until', whole(now + lease))
  end
  leased[#leased + 1] = {company, id, try, event[2], event[3], event[4], event[5], event[6] or '0', event[7],
    event[8] or '', event[9] or '0', limits.consecutive_429s or '0', slot, is_trial and '1' or '', whole(now),
    event[10] or '', event[11] or '', event[12] or '', event[13] or '', request_bytes(event)}
end

-- `rq requeue` puts a dead letter's job back into its queue, but knows nothing of events: complete it as a replay.
local function reset_requeued(id, event)
  remove_from_cluster(id)
  reset_for_replay(id, {state = 'dead', destination = event[2]})
  event[6] = '0'
end

local function lease_next(company, limits, queue, rank, is_trial)
  local id = redis.call('LPOP', K.RQ_QUEUE .. queue)
  rotate_turn(company, queue, rank)
  if not id then return end
  local event = redis.call('HMGET', K.EVENT .. id, unpack(FIELDS))
  if not event[1] then return fail_unknown_job(id, queue) end
  if event[1] == 'dead' and redis.call('HGET', K.RQ_JOB .. id, 'status') == 'queued' then
    reset_requeued(id, event)
  elseif event[1] ~= 'queued' then
    return                                       -- a second copy of the id, or an event that was discarded
  end
  if redis.call('SISMEMBER', K.HOLDS, event[2]) == 1 then
    move_event(id, event[2], 'queued', 'on_hold')
    return redis.call('RPUSH', K.ON_HOLD .. event[2], id)
  end
  local slot = record_call(company, limits.rate, rank == RANKS.high)
  record_source_call(company, source_of(queue, company))
  lease_event(id, company, queue, event, limits, is_trial, slot)
end

-- Leases one event of the company if it may make a call now. Returns when it may make the next one, or nil if none of its
-- queues has a turn.
local function serve_turns(company, limits)
  local queue, rank = next_queue(company, limits.budget)
  if not queue then return end
  local ready_at, is_trial = next_call_time(company, limits, rank == RANKS.high, pace)
  if ready_at > now then return ready_at end
  lease_next(company, limits, queue, rank, is_trial)
  queue, rank = next_queue(company, limits.budget)
  return queue and (next_call_time(company, limits, rank == RANKS.high, optimistic_pace))
end

-- Returns when the company is served next, or nil if none of its events is queued.
local function serve_company(company)
  local has_paused = redis.call('EXISTS', K.PAUSED_TURNS .. company) == 1
  if has_paused then resume_turns(company, whole(now)) end
  local ready_at = serve_turns(company, limits_of(company, default))
  return (has_paused or has_shares) and or_resumed_turn(company, ready_at) or ready_at
end

-- The number of checks is bounded, so that many companies without room cannot block Redis.
while #leased < want and checks < want + 500 do
  checks = checks + 1
  local head = redis.call('ZRANGE', K.DUE, 0, 0, 'WITHSCORES')
  if #head == 0 then wait = -1 break end
  if tonumber(head[2]) > now then wait = tonumber(head[2]) - now break end
  local company = head[1]
  local ready_at = serve_company(company)
  if ready_at then
    redis.call('ZADD', K.DUE, whole(ready_at), company)
  else
    redis.call('ZREM', K.DUE, company)
  end
  wait = 0
end
return {wait, unpack(leased)}
