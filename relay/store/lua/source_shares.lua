-- Included in `lease_events`: how much of a company's day each source may use.

-- Most stores have no source with a share below all, and then nothing is read or counted by source.
local has_shares = redis.call('EXISTS', K.SOURCE_SHARES) == 1

local function source_of(queue, company)
  return string.match(queue, '^[^:]*', #K.QUEUE_PREFIX + #company + 2)
end

-- The share of the company's budget that the source may use, above 0 and below 1. nil if it may use all of it.
local function share_of(company, source)
  if not has_shares then return nil end
  local shares = redis.call('HMGET', K.SOURCE_SHARES, company .. '|' .. source, '|' .. source)
  return tonumber(shares[1] or shares[2])
end

local function source_calls_key(company, source) return K.SOURCE_CALLS .. company .. '|' .. source end

-- Until when the source's share of the company's day is used up; nil if it is not.
local function share_used_until(company, source, budget)
  local share = share_of(company, source)
  if not share then return nil end
  local key = source_calls_key(company, source)
  local used, _, first = calls_in_day(key)
  -- A budget of a few calls must not turn a small share into none.
  if used < math.max(math.floor(budget * share), 1) then return nil end
  return day_room_at(key, first)
end

local function record_source_call(company, source)
  if share_of(company, source) then add_call(source_calls_key(company, source), false) end
end
