-- Included in every script: counters and time series. Counts and durations are kept per minute (per ten minutes for a
-- source) and per hour. An interval in which nothing happened has no hash, and each hash expires.
-- `relay.store.time_series` lists the fields.
local HOUR = 'h' .. math.floor(now / 3600000000)
local MINUTE, TEN_MINUTES = 'm' .. math.floor(now / 60000000), 't' .. math.floor(now / 600000000)
local KEEP_HOURS = 3024000                       -- seconds: 35 days
local KEEP_GLOBAL, KEEP_SCOPED = 172800, 21600   -- seconds: two days, six hours

local function increment(key, keep, field, amount)
  -- The first increment creates the hash, so only that one needs to set the expiry.
  if redis.call('HINCRBY', key, field, amount) == amount then redis.call('EXPIRE', key, keep) end
end

-- `scope` is '' for the whole store, ':to:<destination>', or ':from:<source>'.
local function count(scope, field, amount)
  local fine = string.sub(scope, 1, 6) == ':from:' and TEN_MINUTES or MINUTE
  increment(K.SERIES .. fine .. scope, scope == '' and KEEP_GLOBAL or KEEP_SCOPED, field, amount)
  increment(K.SERIES .. HOUR .. scope, KEEP_HOURS, field, amount)
end

local function count_event(destination, field)
  count('', field, 1)
  count(':to:' .. destination, field, 1)
end

-- Also counts what is not a state (and so not in STATE_COUNTS) permanently, per destination.
local function count_total(destination, field)
  count_event(destination, field)
  redis.call('HINCRBY', K.OTHER_COUNTS, destination .. '|' .. field, 1)
end

-- The histogram bucket of a duration. Bucket n ends at 10 ms * sqrt(2)^n, as in `relay.core.percentiles`.
local function bucket(microseconds)
  if microseconds <= 10000 then return 0 end
  return math.min(math.ceil(2 * math.log(microseconds / 10000) / math.log(2) - 1e-9), 60)
end

-- Adds a duration to the permanent histogram `name`. The caller counts it in the series.
local function record_timing(name, microseconds)
  redis.call('HINCRBY', K.TIMINGS, name .. '|' .. bucket(microseconds), 1)
  redis.call('HINCRBY', K.TIMINGS, name .. '|sum', whole(microseconds))
end

-- Counts of one script, added up before they are written, so that a batch costs as many writes as a single event.
local tally = {}
local function add_to_tally(scope, field)
  tally[scope] = tally[scope] or {}
  tally[scope][field] = (tally[scope][field] or 0) + 1
end
local function write_tally()
  for scope, counts in pairs(tally) do
    for field, amount in pairs(counts) do count(scope, field, amount) end
    local destination = counts.accepted and string.match(scope, '^:to:(.*)$')
    if destination then redis.call('HINCRBY', K.OTHER_COUNTS, destination .. '|accepted', counts.accepted) end
  end
end
