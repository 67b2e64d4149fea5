-- What happened, in minutes (or tens of them) and hours: counts, and times in buckets that may be added up. Nothing is
-- written of a minute in which nothing happened, and each hash expires. Fields are listed in `relay.store.time_series`.
local HOUR = 'h' .. math.floor(now / 3600000000)
local MINUTE, TEN = 'm' .. math.floor(now / 60000000), 't' .. math.floor(now / 600000000)
local KEPT_HOURS = 3024000                       -- seconds: 35 days
local KEPT_ALL, KEPT_ONE = 172800, 21600         -- two days of everything, six hours of each

local function add(key, kept, what, by)
  if redis.call('HINCRBY', key, what, by) == by then redis.call('EXPIRE', key, kept) end
end

-- `scope` is '' for everything, ':to:<destination>', or ':from:<source>'.
local function count(scope, what, by)
  local fine = string.sub(scope, 1, 6) == ':from:' and TEN or MINUTE   -- of sources in tens of minutes
  add(K.SERIES .. fine .. scope, scope == '' and KEPT_ALL or KEPT_ONE, what, by)
  add(K.SERIES .. HOUR .. scope, KEPT_HOURS, what, by)
end

local function happened(destination, what)
  count('', what, 1)
  count(':to:' .. destination, what, 1)
end

-- What the states do not count: also for ever, by destination.
local function happened_ever(destination, what)
  happened(destination, what)
  redis.call('HINCRBY', K.HAPPENED, destination .. '|' .. what, 1)
end

-- The bucket of a time: bucket n ends at 10 ms times the square root of 2 to the n (`relay.core.percentiles`).
local function bucket(microseconds)
  if microseconds <= 10000 then return 0 end
  return math.min(math.ceil(2 * math.log(microseconds / 10000) / math.log(2) - 1e-9), 60)
end

-- A time, for ever and beside what the caller counts.
local function timed(of, microseconds)
  redis.call('HINCRBY', K.TIMES, of .. '|' .. bucket(microseconds), 1)
  redis.call('HINCRBY', K.TIMES, of .. '|sum', whole(microseconds))
end

-- Counts of one script, added up before they are written: a batch costs what a single event does.
local tallied = {}
local function tally(scope, what)
  tallied[scope] = tallied[scope] or {}
  tallied[scope][what] = (tallied[scope][what] or 0) + 1
end
local function write_tallied()
  for scope, counts in pairs(tallied) do
    for what, by in pairs(counts) do count(scope, what, by) end
    local destination = counts.accepted and string.match(scope, '^:to:(.*)$')
    if destination then redis.call('HINCRBY', K.HAPPENED, destination .. '|accepted', counts.accepted) end
  end
end
