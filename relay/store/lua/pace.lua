-- When a company may make its next call: its freeze, its calls of the last second, and its calls of the last day.
-- Included in `take`; the budget is checked at the moment an event leaves, so that no stray wake-up can overspend it.
local BUCKET = 600000000                         -- ten minutes in µs: the grain of the rolling day
local DAY = 144                                  -- buckets in 24 hours

-- Calls in the last 24 hours, and the oldest bucket that counts. What is older is dropped on the way.
local function day_used(company)
  local key = K.DAY .. company
  local kept = redis.call('HMGET', key, 'total', 'first')
  if not kept[1] then return 0 end
  local total, first = tonumber(kept[1]), tonumber(kept[2])
  local horizon = math.floor(now / BUCKET) - DAY
  if first >= horizon then return total, first end
  while first < horizon and total > 0 do
    local calls = redis.call('HGET', key, first)
    if calls then total = total - calls; redis.call('HDEL', key, first) end
    first = first + 1
  end
  if total == 0 then first = math.floor(now / BUCKET) end
  redis.call('HSET', key, 'total', total, 'first', first)
  return total, first
end

-- The first bucket that holds a call: when it leaves the window, there is room again.
local function day_resumes(company, first)
  local bucket, last = first, math.floor(now / BUCKET)
  while bucket < last and redis.call('HEXISTS', K.DAY .. company, bucket) == 0 do bucket = bucket + 1 end
  return (bucket + DAY + 1) * BUCKET
end

local function ready_at(company, limits, window)
  local frozen, rate, budget = tonumber(limits[3] or 0), tonumber(limits[1]), tonumber(limits[2])
  if frozen > now then return frozen end
  local used, first = day_used(company)
  if used >= budget then return used > 0 and day_resumes(company, first) or now + 3600000000 end
  local oldest = redis.call('LINDEX', K.SENT .. company, rate - 1)
  return oldest and math.max(now, tonumber(oldest) + window) or now
end

local function spend(company, rate)
  redis.call('LPUSH', K.SENT .. company, whole(now))
  redis.call('LTRIM', K.SENT .. company, 0, rate - 1)
  redis.call('PEXPIRE', K.SENT .. company, 60000)
  local key, bucket = K.DAY .. company, math.floor(now / BUCKET)
  redis.call('HINCRBY', key, bucket, 1)
  redis.call('HINCRBY', key, 'total', 1)
  redis.call('HSETNX', key, 'first', bucket)
  redis.call('EXPIRE', key, 90000)
end
