-- Included in `lease_events`: how much of a company's day each source may use.

-- Most stores have no source with a share below all, and then nothing is read or counted by source.
local has_shares = redis.call('EXISTS', K.SOURCE_SHARES) == 1

local function source_of(queue, company)
  return string.match(queue, '^[^:]*', #K.QUEUE_PREFIX + #company + 2)
end

-- What this run of the script has read, by company and source: the share, which is false if the source may use all of the
-- budget, and its calls.
local read_shares = {}

local function share_of(company, source)
  local name = company .. '|' .. source
  if read_shares[name] then return read_shares[name] end
  local shares = redis.call('HMGET', K.SOURCE_SHARES, name, '|' .. source)
  local entry = {share = tonumber(shares[1] or shares[2]) or false, key = K.SOURCE_CALLS .. name}
  if entry.share then
    local used, _, first = calls_in_day(entry.key)
    entry.used, entry.first = used, first
  end
  read_shares[name] = entry
  return entry
end

-- Until when the source's share of the company's day is used up; nil if it is not.
local function share_used_until(company, source, budget)
  local entry = share_of(company, source)
  -- A budget of a few calls must not turn a small share into none.
  if not entry.share or entry.used < math.max(math.floor(budget * entry.share), 1) then return nil end
  return day_room_at(entry.key, entry.first or math.floor(now / BUCKET))
end

local function record_source_call(company, source)
  if not has_shares then return end
  local entry = share_of(company, source)
  if not entry.share then return end
  add_call(entry.key, false)
  entry.used = entry.used + 1
end
