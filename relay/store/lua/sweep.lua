#!lua flags=allow-oom
-- Does the periodic work of a store: requeues the events of dead workers, queues events whose retry is due or whose session
-- is over, gives forgotten queues their turn, prunes ended events, and chooses the destinations to probe. One worker per
-- `lock` milliseconds does it.
--
-- ARGV: lock ms, keep µs (of dead letters), most rescues of one event, µs between probes, most events to prune, window µs,
--       slack µs, and the limits of a company without published ones: per_second, daily_budget, high_priority_reserve
-- Returns {1 if this worker swept, events rescued, events queued for a retry, events pruned, {destinations to probe now}}.
-- Uses shared: move_event, enqueue, dead_letter, add_turn, queue_name; pacing: limits_of, next_call_time, record_call;
-- prune: prune_event; source_usage: release_expired_bytes.
local keep, max_rescues, probe_interval = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local pace, default = {window = tonumber(ARGV[6]), slack = tonumber(ARGV[7])}, {ARGV[8], ARGV[9], ARGV[10]}
local turn, held_until = ARGV[1] * 1000, tonumber(redis.call('GET', K.SWEEP_LOCK) or 0)
-- Redis's clock decides when the key expires, so the value says it by the store's time too.
if held_until > now and held_until <= now + turn then return {0, 0, 0, 0, {}} end
redis.call('SET', K.SWEEP_LOCK, whole(now + turn), 'PX', ARGV[1])

-- Takes an event back from a worker whose lease has run out.
local function rescue_event(lease)
  local company, id, try = string.match(lease, '^(.-)|(.-)|(.*)$')
  redis.call('ZREM', K.LEASES, lease)
  local event = redis.call('HMGET', K.EVENT .. id, 'destination', 'source', 'priority')
  if not event[1] then return end
  redis.call('ZREM', K.RQ_STARTED .. queue_name(company, event[2], event[3]), id .. ':' .. try)
  -- The call may have reached Gong. If its worker lives after all, its late result takes the rescue back (`finish`).
  redis.call('HSET', K.EVENT .. id, 'ambiguous', 1, 'rescued_try', try)
  if redis.call('HINCRBY', K.EVENT .. id, 'rescues', 1) >= max_rescues then
    return dead_letter(id, event[1], 'sending', 'worker_crashed', 'its workers ended while sending it', keep)
  end
  move_event(id, event[1], 'sending', 'queued')
  enqueue(id, company, event[2], event[3], true)
end

local function queue_retry(id)
  redis.call('ZREM', K.RETRIES, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'source', 'priority')
  if not event[1] then return end
  redis.call('ZREM', K.RQ_SCHEDULED .. queue_name(event[3], event[4], event[5]), id)
  if event[1] ~= 'retrying' then return end                     -- it was discarded in the meantime
  move_event(id, event[2], 'retrying', 'queued')
  enqueue(id, event[3], event[4], event[5], true)
end

-- Queues the carrier of a session that is over.
local function queue_carrier(id)
  redis.call('ZREM', K.AGGREGATING, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'source', 'priority', 'session')
  if event[6] and redis.call('GET', K.SESSION .. event[6]) == id then redis.call('DEL', K.SESSION .. event[6]) end
  if event[1] ~= 'aggregating' then return end                   -- it was discarded in the meantime
  move_event(id, event[2], 'aggregating', 'queued')
  enqueue(id, event[3], event[4], event[5], false)
end

-- Calls `act` for each member that is due. The number is bounded, so that a backlog cannot block Redis.
local function for_each_due(key, most, act)
  local members = redis.call('ZRANGEBYSCORE', key, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(members) do act(member) end
  return #members
end

-- The same for members further ahead than they can have been scheduled: a wrong clock did that.
local DAY_AHEAD = 90000000000                    -- µs: 25 hours
local function for_each_beyond(key, most, act)
  local members = redis.call('ZRANGEBYSCORE', key, whole(now + DAY_AHEAD), '(+inf', 'LIMIT', 0, most)
  for _, member in ipairs(members) do act(member) end
  return #members
end

local rescued = for_each_due(K.LEASES, 500, rescue_event) + for_each_beyond(K.LEASES, 500, rescue_event)
local retried = for_each_due(K.RETRIES, 500, queue_retry) + for_each_beyond(K.RETRIES, 500, queue_retry)
for_each_due(K.AGGREGATING, 500, queue_carrier)
for_each_beyond(K.DUE, 500, function(company) redis.call('ZADD', K.DUE, whole(now), company) end)
local pruned = for_each_due(K.EXPIRY, tonumber(ARGV[5]), prune_event)
for_each_due(K.USAGE_EXPIRY, 500, release_expired_bytes)

-- `rq requeue` and jobs that were pushed by hand do not give their queue a turn.
local queues = redis.call('HGETALL', K.QUEUES)
for position = 1, #queues, 2 do
  if redis.call('EXISTS', K.RQ_QUEUE .. queues[position]) == 1 then
    local rank, company = string.match(queues[position + 1], '^(%d)|(.*)$')
    add_turn(queues[position], company, tonumber(rank))
  end
end

-- A probe is a call too: it counts against the company's limits, and waits while they are used up.
local function pay_for_probe(company)
  local limits = limits_of(company, default)
  if next_call_time(company, limits, true, pace) > now then return false end
  record_call(company, limits.rate, true)
  return true
end

local function start_probe(destination)
  local hold = redis.call('HMGET', K.HOLD .. destination, 'probe_at', 'company')
  if not hold[1] or tonumber(hold[1]) > now or (hold[2] and not pay_for_probe(hold[2])) then return false end
  redis.call('HSET', K.HOLD .. destination, 'probe_at', whole(now + probe_interval))
  return true
end

local probes = {}
for _, destination in ipairs(redis.call('SMEMBERS', K.HOLDS)) do
  if start_probe(destination) then probes[#probes + 1] = destination end
end
local requested = redis.call('HGETALL', K.PROBE_REQUESTS)
for position = 1, #requested, 2 do
  if pay_for_probe(requested[position + 1]) then
    redis.call('HDEL', K.PROBE_REQUESTS, requested[position])
    probes[#probes + 1] = requested[position]
  end
end
return {1, rescued, retried, pruned, probes}
