-- Included in `lease_events` and `sweep`: when a company may make its next call. That depends on its freeze, the circuit
-- breaker of its base URL, its calls of the last second and its calls of the last 24 hours. The budget is checked when an
-- event leaves, so that a wake-up too many cannot overspend it.
local BUCKET = 600000000                         -- ten minutes in µs: the resolution of the rolling day
local DAY = 144                                  -- buckets in 24 hours
-- Ten years in seconds: the server's clock decides when a key expires, and it may be set.
local KEEP_CALLS = 315360000
local HOUR_LATER = 3600000000                    -- µs
-- A stored time that is further ahead than it can have been set counts as now: it was stored by a wrong clock.
local LONGEST_FREEZE, LONGEST_RETRY_AFTER, LONGEST_BREAK = 90000000000, 3600000000, 300000000    -- µs
local function unless_beyond(longest, moment) return moment > now + longest and now or moment end

local LIMITS = {'per_second', 'daily_budget', 'high_priority_reserve', 'base_url', 'frozen_until', 'consecutive_429s',
  'extra_spacing', 'retry_after_until'}

-- The limits of a company. `default` applies to one without published limits: per_second, daily_budget,
-- high_priority_reserve.
local function limits_of(company, default)
  local values = redis.call('HMGET', K.COMPANY .. company, unpack(LIMITS))
  return {
    rate = tonumber(values[1] or default[1]), budget = tonumber(values[2] or default[2]),
    reserve = tonumber(values[3] or default[3]), base_url = values[4], frozen_until = unless_beyond(LONGEST_FREEZE, tonumber(values[5] or 0)),
    consecutive_429s = values[6], extra_spacing = tonumber(values[7] or 0),
    retry_after_until = unless_beyond(LONGEST_RETRY_AFTER, tonumber(values[8] or 0)),
  }
end

-- All calls that a wrong clock stored ahead of now count as made now.
local function move_calls_to_now(key, total, high)
  local bucket_number = math.floor(now / BUCKET)
  redis.call('DEL', key)
  redis.call('HSET', key, 'total', total, 'high', high, 'first', bucket_number, bucket_number, total, 'h' .. bucket_number, high)
  return total, high, bucket_number
end

-- Returns the calls of the last 24 hours in a hash like DAY_CALLS, those of priority high among them, and the oldest bucket
-- that counts. Drops older buckets.
local function calls_in_day(key)
  local stored = redis.call('HMGET', key, 'total', 'high', 'first')
  if not stored[1] then return 0, 0 end
  local total, high, first = tonumber(stored[1]), tonumber(stored[2] or 0), tonumber(stored[3])
  local horizon = math.floor(now / BUCKET) - DAY
  if first > horizon + DAY then return move_calls_to_now(key, total, high) end
  if first >= horizon then return total, high, first end
  while first < horizon and total > 0 do
    local calls = redis.call('HMGET', key, first, 'h' .. first)
    total, high = total - (calls[1] or 0), high - (calls[2] or 0)
    redis.call('HDEL', key, first, 'h' .. first)
    first = first + 1
  end
  if total == 0 then first = math.floor(now / BUCKET) end
  redis.call('HSET', key, 'total', total, 'high', high, 'first', first)
  return total, high, first
end

-- When the day has room again: when its first bucket with a call leaves the window. With `ordinary`, the first one with a
-- call that is not of priority high.
local function day_room_at(key, first, ordinary)
  local bucket_number, last = first, math.floor(now / BUCKET)
  while bucket_number < last do
    local calls = redis.call('HMGET', key, bucket_number, 'h' .. bucket_number)
    if (calls[1] or 0) - (ordinary and calls[2] or 0) > 0 then break end
    bucket_number = bucket_number + 1
  end
  return (bucket_number + DAY + 1) * BUCKET
end

-- Until when the day has no room; nil if it has. The reserve of a day is kept for priority high.
local function day_full_until(company, limits, is_high)
  local key = K.DAY_CALLS .. company
  local used, used_high, first = calls_in_day(key)
  -- With a budget of 0 there is nothing to wait for, so look again in an hour.
  if used >= limits.budget then return used > 0 and day_room_at(key, first) or now + HOUR_LATER end
  if not is_high and used - used_high >= limits.budget - limits.reserve then
    return used > used_high and day_room_at(key, first, true) or now + HOUR_LATER
  end
end

-- When the call that is `per_second` calls back can be followed by the next one.
local function second_full_until(company, limits, pace)
  local oldest = redis.call('LINDEX', K.RECENT_CALLS .. company, limits.rate - 1)
  if not oldest then return now end
  local arrived_at, is_unanswered = string.match(oldest, '^(%d+)(%??)$')
  -- Without a response the time of arrival is unknown: it may be up to `slack` later.
  return unless_beyond(LONGEST_BREAK, tonumber(arrived_at)) + pace.window + limits.extra_spacing + (is_unanswered == '?' and pace.slack or 0)
end

-- Until when the breaker of a base URL lets no call through. Returns nil and true if the next call is its trial.
local function breaker_blocks_until(base_url)
  local breaker = redis.call('HMGET', K.BREAKER .. base_url, 'open_until', 'trial_until')
  if not breaker[1] then return nil, false end
  if unless_beyond(LONGEST_BREAK, tonumber(breaker[1])) > now then return tonumber(breaker[1]) end
  -- A trial is in flight. It may end any time, so look again in a second at the latest.
  if breaker[2] and unless_beyond(LONGEST_FREEZE, tonumber(breaker[2])) > now then return math.min(tonumber(breaker[2]), now + 1000000) end
  return nil, true
end

-- When the company may make its next call, and whether that is the trial of a breaker.
-- `is_high`: the event is of priority high. `pace`: {window, slack} in µs.
local function next_call_time(company, limits, is_high, pace)
  local asked_to_wait_until = math.max(limits.frozen_until, limits.retry_after_until)
  if asked_to_wait_until > now then return asked_to_wait_until end
  local is_trial = false
  if limits.base_url then
    local blocked_until
    blocked_until, is_trial = breaker_blocks_until(limits.base_url)
    if blocked_until then return blocked_until end
  end
  local full_until = day_full_until(company, limits, is_high)
  if full_until then return full_until end
  return math.max(now, second_full_until(company, limits, pace)), is_trial
end

local function add_call(key, is_high)
  local bucket_number = math.floor(now / BUCKET)
  if redis.call('HINCRBY', key, bucket_number, 1) == 1 then
    redis.call('HSETNX', key, 'first', bucket_number)
    redis.call('EXPIRE', key, KEEP_CALLS)
  end
  redis.call('HINCRBY', key, 'total', 1)
  if is_high then
    redis.call('HINCRBY', key, 'h' .. bucket_number, 1)
    redis.call('HINCRBY', key, 'high', 1)
  end
end

-- Counts one call against the limits. Returns its slot: the entry in RECENT_CALLS, which `finish` corrects when it knows
-- when the call arrived.
local function record_call(company, rate, is_high)
  local slot = whole(now) .. '?'
  local key = K.RECENT_CALLS .. company
  if redis.call('LPUSH', key, slot) == 1 then redis.call('EXPIRE', key, KEEP_CALLS) end
  redis.call('LTRIM', key, 0, rate - 1)
  add_call(K.DAY_CALLS .. company, is_high)
  return slot
end
