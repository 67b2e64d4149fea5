#!lua flags=allow-oom
-- Settles one attempt. Removing the lease is the claim: if it is gone, another worker owns the event.
--
-- ARGV: company, event id, try, verb, attempt record, keep µs, base URL ('' = the attempt says nothing about it), slot, µs
--       from the lease until the call had arrived at the latest ('' = no call was made), window µs, µs until Gong answered
--       ('' = it did not), then the arguments of the verb:
--   end          state, requestId                  the event has ended: delivered or duplicate
--   retry        delay µs, 1 if ambiguous, 1 if it counts as an attempt, 1 if no event can be at fault, error, µs for which
--                the response asks the whole company to wait (0 = it does not)
--   freeze       delay µs, per_day                 429: to the front of its queue, the company makes no calls (per_day 0 =
--                the 429 says nothing about the company's limits)
--   dead_letter  reason, detail, fields …
--   hold         cause, detail, probe µs           the destination goes on hold, and the event waits for it
--   return       (none)                            no call was made: back to the front of its queue
-- Returns 1, or 0 if the lease is gone; then the event stays as it is, and its rescue no longer counts as a crash.
-- Uses shared: move_event, enqueue, dead_letter, schedule_pruning, wake_worker, queue_name; series: count, count_event,
-- count_total, bucket, record_timing.
local company, id, try, verb, record, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local base_url, slot, arrival, window, response_time = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11])
local event = K.EVENT .. id
if redis.call('ZREM', K.LEASES, company .. '|' .. id .. '|' .. try) == 0 then
  -- The worker is late but alive, so the event did not end it.
  if redis.call('HGET', event, 'rescued_try') == try then
    redis.call('HDEL', event, 'rescued_try')
    redis.call('HINCRBY', event, 'rescues', -1)
  end
  return 0
end
local destination, source, priority = unpack(redis.call('HMGET', event, 'destination', 'source', 'priority'))
redis.call('ZREM', K.RQ_STARTED .. queue_name(company, source, priority), id .. ':' .. try)
if record ~= '' then redis.call('HSET', event, 'try:' .. try, record) end
-- Only the last fifty records are kept: a storm of 429s must not grow an event without limit.
redis.call('HDEL', event, 'try:' .. (tonumber(try) - 50))

-- Corrects the slot of this call from the time of its lease to the latest time at which it arrived. Later calls keep their
-- distance from that.
local function record_arrival()
  local key, arrived_at = K.RECENT_CALLS .. company, tonumber(string.sub(slot, 1, -2)) + tonumber(arrival)
  local position = redis.call('LPOS', key, slot, 'RANK', -1)
  if not position then return end
  redis.call('LSET', key, position, whole(arrived_at))
  local rate = tonumber(redis.call('HGET', K.COMPANY .. company, 'per_second') or 3)
  if position == rate - 1 then redis.call('ZADD', K.DUE, 'XX', 'GT', whole(arrived_at + window), company) end
end

-- The breaker of a base URL opens after FAILURES in a row. Any answer of Gong's own ends the row.
local FAILURES, PAUSE, LONGEST_PAUSE = 5, 15000000, 300000000

local function close_breaker()
  if base_url ~= '' and redis.call('DEL', K.BREAKER .. base_url) == 1 then wake_worker() end
end

-- Each time it opens again, the pause doubles.
local function open_breaker(key, times_opened)
  local pause = math.min(PAUSE * 2 ^ times_opened, LONGEST_PAUSE)
  redis.call('HSETNX', key, 'opened_at', whole(now))
  redis.call('HSET', key, 'open_until', whole(now + pause), 'times_opened', times_opened + 1)
  redis.call('HDEL', key, 'trial', 'trial_until')
end

-- One event that Gong fails on must not open the breaker: the failures have to come from several events, or be ones for
-- which no event can be at fault.
local function record_failure(is_gongs_fault, error)
  local key = K.BREAKER .. base_url
  local breaker = redis.call('HMGET', key, 'failures', 'gong_failures', 'several_events', 'last_event', 'open_until', 'trial',
    'times_opened')
  local failures, gong_failures = (breaker[1] or 0) + 1, (breaker[2] or 0) + is_gongs_fault
  local several_events = breaker[3] or (breaker[4] and breaker[4] ~= id and '1')
  redis.call('HSET', key, 'failures', failures, 'gong_failures', gong_failures, 'last_event', id, 'error', error)
  if several_events then redis.call('HSET', key, 'several_events', '1') end
  redis.call('EXPIRE', key, 86400)
  if breaker[5] then
    -- It is open already. Only its trial opens it again; calls that were in flight do not prolong the pause.
    if breaker[6] == id then open_breaker(key, tonumber(breaker[7])) end
  elseif gong_failures >= FAILURES or (failures >= FAILURES and several_events) then
    open_breaker(key, 0)
  end
end

-- Counts the delivery and how long it took from the event's arrival. Sessions wait on purpose and replays start much
-- later, so they have no duration.
local function record_delivery(state)
  if state ~= 'delivered' then return count_event(destination, state) end
  local values = redis.call('HMGET', event, 'received_at', 'aggregate_count', 'replays')
  if values[2] or values[3] then return count_event(destination, 'delivered') end
  local duration = now - tonumber(values[1])
  count_event(destination, 'delivered:' .. bucket(duration))
  record_timing('delivery', duration)
end

local verbs = {}

verbs['end'] = function(state, request_id)
  move_event(id, destination, 'sending', state, 'request_id', request_id, 'ended_at', whole(now))
  redis.call('HINCRBY', event, 'attempts', 1)
  if request_id ~= '' and keep > 0 then
    redis.call('SET', K.BY_REQUEST_ID .. request_id, id, 'PX', whole(keep / 1000))
  end
  -- Every delivery brings the calls of a company that shares its limits a little closer together again.
  local spacing = tonumber(redis.call('HGET', K.COMPANY .. company, 'extra_spacing') or 0)
  if spacing > 0 then redis.call('HSET', K.COMPANY .. company, 'extra_spacing', math.floor(spacing * 0.97)) end
  redis.call('HDEL', K.COMPANY .. company, 'consecutive_429s', 'foreign_holds:' .. destination)
  redis.call('DEL', K.RQ_JOB .. id)
  schedule_pruning(id, keep)
  record_delivery(state)
  close_breaker()
end

-- A response other than 429 may ask to wait too. That is about Gong or the way to it, not about the company's limits.
local function pause_company(pause)
  if pause == 0 then return end
  local key = K.COMPANY .. company
  local paused_until = tonumber(redis.call('HGET', key, 'retry_after_until') or 0)
  redis.call('HSET', key, 'retry_after_until', whole(math.max(paused_until, now + pause)))
end

function verbs.retry(delay, ambiguous, counts_as_attempt, is_gongs_fault, error, pause)
  local due_at = now + tonumber(delay)
  move_event(id, destination, 'sending', 'retrying', 'due_at', whole(due_at))
  redis.call('HINCRBY', event, 'attempts', counts_as_attempt)
  if ambiguous == '1' then redis.call('HSET', event, 'ambiguous', 1) end
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'scheduled')
  redis.call('ZADD', K.RETRIES, whole(due_at), id)
  redis.call('ZADD', K.RQ_SCHEDULED .. queue_name(company, source, priority), due_at / 1000000, id)
  count_total(destination, 'failed')
  pause_company(tonumber(pause))
  if base_url ~= '' then record_failure(tonumber(is_gongs_fault), error) end
end

-- A 429 although our own count has room means that another integration uses the company's limits too. A pause of a minute
-- or more means the daily limit, a shorter one the limit per second.
local function record_other_calls(key, delay, per_day)
  if delay >= 60000000 then
    local used = tonumber(redis.call('HGET', K.DAY_CALLS .. company, 'total') or 0)
    if used < per_day then redis.call('HSET', key, 'other_calls', per_day - used, 'other_calls_at', whole(now)) end
  else
    local spacing = tonumber(redis.call('HGET', key, 'extra_spacing') or 0)
    redis.call('HSET', key, 'extra_spacing', math.min(spacing * 2 + 50000, 2000000), 'extra_spacing_at', whole(now))
  end
end

function verbs.freeze(delay, per_day)
  local key = K.COMPANY .. company
  local frozen_until = tonumber(redis.call('HGET', key, 'frozen_until') or 0)
  local freeze_until = math.max(frozen_until, now + tonumber(delay))
  redis.call('HSET', key, 'frozen_until', whole(freeze_until))
  -- Several calls in flight may get a 429 at once. Only the first of them counts.
  local is_first = frozen_until <= now
  if is_first and redis.call('HINCRBY', key, 'consecutive_429s', 1) == 1 and tonumber(per_day) > 0 then
    record_other_calls(key, tonumber(delay), tonumber(per_day))
  end
  move_event(id, destination, 'sending', 'queued')
  enqueue(id, company, source, priority, true)
  redis.call('ZADD', K.DUE, whole(freeze_until), company)
  count_total(destination, 'rate_limited')
  close_breaker()
end

function verbs.dead_letter(reason, detail, ...)
  redis.call('HINCRBY', event, 'attempts', 1)
  dead_letter(id, destination, 'sending', reason, detail, keep, ...)
  if reason ~= 'retries_exhausted' then return close_breaker() end
  if base_url ~= '' then record_failure(0, detail) end    -- the last attempt failed like those before it
end

-- When to probe a destination for the first time. An answer that is not Gong's may be a short disturbance, or be about one
-- event that a firewall dislikes: then a quick probe ends the hold. Each hold without a delivery in between waits longer.
local FIRST_PROBE = 5000000
local function first_probe_delay(cause, usual)
  if cause ~= 'not_gong' then return usual end
  local holds = redis.call('HINCRBY', K.COMPANY .. company, 'foreign_holds:' .. destination, 1)
  return math.min(FIRST_PROBE * 2 ^ (holds - 1), usual)
end

function verbs.hold(cause, detail, probe)
  local key = K.HOLD .. destination
  -- If the destination is on hold already, its cause stays: no probe may end an operator's pause.
  if redis.call('SADD', K.HOLDS, destination) == 1 then
    redis.call('HSET', key, 'cause', cause, 'detail', detail, 'since', whole(now), 'company', company,
      'probe_at', whole(now + first_probe_delay(cause, tonumber(probe))))
  end
  move_event(id, destination, 'sending', 'on_hold')
  -- A probe has just passed, so the event itself may be what Gong blocks.
  if redis.call('EXISTS', K.PROBE_PASSED .. destination) == 1 then redis.call('HINCRBY', event, 'blocked_count', 1) end
  redis.call('LPUSH', K.ON_HOLD .. destination, id)
  count_total(destination, 'blocked')
  if cause ~= 'not_gong' then return close_breaker() end
  redis.call('HSET', event, 'ambiguous', 1)               -- behind the proxy that answered, Gong may have received it
  if base_url ~= '' then record_failure(0, detail) end    -- it shows no more than a timeout that Gong can be reached
end

verbs['return'] = function()
  local key = K.BREAKER .. (redis.call('HGET', K.COMPANY .. company, 'base_url') or '')
  -- If this was the breaker's trial call, another event may make that call now.
  if redis.call('HGET', key, 'trial') == id then redis.call('HDEL', key, 'trial', 'trial_until') end
  move_event(id, destination, 'sending', 'queued')
  enqueue(id, company, source, priority, true)
end

if arrival ~= '' then record_arrival() end
if response_time then
  count('', 'call:' .. bucket(response_time), 1)
  record_timing('call', response_time)
end
verbs[verb](unpack(ARGV, 12))
return 1
