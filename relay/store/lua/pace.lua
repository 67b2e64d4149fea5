-- When a company may make its next call: its freeze, the breaker of its Gong, its calls of the last second, and its
-- calls of the last day. The budget is checked at the moment an event leaves, so that no stray wake-up can overspend it.
local BUCKET = 600000000                         -- ten minutes in µs: the grain of the rolling day
local DAY = 144                                  -- buckets in 24 hours

local LIMITS = {'per_second', 'day_budget', 'high_room', 'base_url', 'frozen_until', 'throttles', 'crowd'}

-- What a company may send. `default` is for one that nobody published: per_second, day_budget, high_room.
local function limits_of(company, default)
  local told = redis.call('HMGET', K.COMPANY .. company, unpack(LIMITS))
  return {
    rate = tonumber(told[1] or default[1]), budget = tonumber(told[2] or default[2]),
    room = tonumber(told[3] or default[3]), base_url = told[4], frozen = tonumber(told[5] or 0), throttles = told[6],
    crowd = tonumber(told[7] or 0),
  }
end

-- Calls in the last 24 hours, those of priority high among them, and the oldest bucket that counts. What is older is dropped.
local function day_used(company)
  local key = K.DAY .. company
  local kept = redis.call('HMGET', key, 'total', 'high', 'first')
  if not kept[1] then return 0, 0 end
  local total, high, first = tonumber(kept[1]), tonumber(kept[2] or 0), tonumber(kept[3])
  local horizon = math.floor(now / BUCKET) - DAY
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

-- The first bucket that holds a call (one that is not of priority high, if that is what must leave): when it leaves the
-- window, there is room again.
local function day_resumes(company, first, ordinary)
  local bucket, last = first, math.floor(now / BUCKET)
  while bucket < last do
    local calls = redis.call('HMGET', K.DAY .. company, bucket, 'h' .. bucket)
    if (calls[1] or 0) - (ordinary and calls[2] or 0) > 0 then break end
    bucket = bucket + 1
  end
  return (bucket + DAY + 1) * BUCKET
end

-- nil when the day has room. The last calls of a day are kept for priority high.
local function day_full_until(company, limits, high)
  local used, of_high, first = day_used(company)
  if used >= limits.budget then return used > 0 and day_resumes(company, first) or now + 3600000000 end
  if not high and used - of_high >= limits.budget - limits.room then
    return used > of_high and day_resumes(company, first, true) or now + 3600000000
  end
end

-- When the call that is `per_second` calls back can be followed. Until its answer tells more, it may have arrived late.
local function second_full_until(company, limits, pace)
  local oldest = redis.call('LINDEX', K.SENT .. company, limits.rate - 1)
  if not oldest then return now end
  local moment, unsure = string.match(oldest, '^(%d+)(%??)$')
  return tonumber(moment) + pace.window + limits.crowd + (unsure == '?' and pace.slack or 0)
end

-- Until when the breaker lets nothing through; nil, and true: the next call is the one that tries it.
local function breaker_closed_until(base_url)
  local breaker = redis.call('HMGET', K.BREAKER .. base_url, 'open_until', 'trial_until')
  if not breaker[1] then return nil, false end
  if tonumber(breaker[1]) > now then return tonumber(breaker[1]) end
  if breaker[2] and tonumber(breaker[2]) > now then return math.min(tonumber(breaker[2]), now + 1000000) end
  return nil, true
end

-- The moment at which the company may call, and whether that call tries a Gong that was down.
-- `high`: the event is of priority high. `pace`: {window, slack} in µs.
local function ready_at(company, limits, high, pace)
  if limits.frozen > now then return limits.frozen end
  local tries = false
  if limits.base_url then
    local closed
    closed, tries = breaker_closed_until(limits.base_url)
    if closed then return closed end
  end
  local full = day_full_until(company, limits, high)
  if full then return full end
  return math.max(now, second_full_until(company, limits, pace)), tries
end

-- Pays for one call. Returns what names it in the list of the last ones.
local function spend(company, rate, high)
  local slot = whole(now) .. '?'
  redis.call('LPUSH', K.SENT .. company, slot)
  redis.call('LTRIM', K.SENT .. company, 0, rate - 1)
  redis.call('PEXPIRE', K.SENT .. company, 60000)
  local key, bucket = K.DAY .. company, math.floor(now / BUCKET)
  redis.call('HINCRBY', key, bucket, 1)
  redis.call('HINCRBY', key, 'total', 1)
  if high then
    redis.call('HINCRBY', key, 'h' .. bucket, 1)
    redis.call('HINCRBY', key, 'high', 1)
  end
  redis.call('HSETNX', key, 'first', bucket)
  redis.call('EXPIRE', key, 90000)
  return slot
end
