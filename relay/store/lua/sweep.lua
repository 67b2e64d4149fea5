#!lua flags=allow-oom
-- Once a second, by whichever worker wins: rescue what a dead worker held, queue what has waited, wake what sleeps, prune.
-- ARGV: lock ms, keep µs (of dead letters), most rescues of one event, µs between probes, most to prune,
--       window µs, per_second and day_budget of a company that nobody published
-- Returns {won, rescued, promoted, pruned, {destinations to probe now}}.
local keep, most_rescues, probe_every = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not redis.call('SET', K.SWEEP, 1, 'NX', 'PX', ARGV[1]) then return {0, 0, 0, 0, {}} end

local function rescue(member)
  local company, id, try = string.match(member, '^(.-)|(.-)|(.*)$')
  redis.call('ZREM', K.LEASE, member)
  redis.call('ZREM', K.RQ_STARTED .. K.QUEUE_PREFIX .. company, id .. ':' .. try)
  local destination = redis.call('HGET', K.EVENT .. id, 'destination')
  if not destination then return end
  redis.call('HSET', K.EVENT .. id, 'ambiguous', 1)            -- it may have reached Gong before its worker died
  if redis.call('HINCRBY', K.EVENT .. id, 'rescues', 1) >= most_rescues then
    return bury(id, company, destination, 'sending', 'crashed', 'its worker died while sending it', keep)
  end
  move(id, destination, 'sending', 'queued')
  enqueue(id, company, true)
end

local function promote(member)
  local company, id = string.match(member, '^(.-)|(.*)$')
  redis.call('ZREM', K.WAITING, member)
  redis.call('ZREM', K.RQ_SCHEDULED .. K.QUEUE_PREFIX .. company, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination')
  if event[1] ~= 'waiting' then return end                     -- discarded meanwhile
  move(id, event[2], 'waiting', 'queued')
  enqueue(id, company, true)
end

local function prune(id)
  redis.call('ZREM', K.EXPIRY, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'source', 'company', 'receipt')
  if not event[1] then return end
  redis.call('ZREM', K.AT .. event[2] .. ':' .. event[1], id)
  redis.call('ZREM', K.SOURCE .. event[3], id)
  redis.call('ZREM', K.ALL, id)
  redis.call('ZREM', K.RQ_FAILED .. K.QUEUE_PREFIX .. event[4], id)
  redis.call('DEL', K.EVENT .. id, K.RQ_JOB .. id)
  if redis.call('HINCRBY', K.RECEIPT .. event[5], 'open', -1) <= 0 then redis.call('DEL', K.RECEIPT .. event[5]) end
end

local function each(key, most, act)
  local members = redis.call('ZRANGEBYSCORE', key, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(members) do act(member) end
  return #members
end

local rescued = each(K.LEASE, 500, rescue)
local promoted = each(K.WAITING, 500, promote)
local pruned = each(K.EXPIRY, tonumber(ARGV[5]), prune)

for _, queue in ipairs(redis.call('SMEMBERS', K.RQ_QUEUES)) do  -- `rq requeue` and hand-pushed jobs know nothing of DUE
  local company = string.match(queue, '^' .. K.RQ_QUEUE .. K.QUEUE_PREFIX .. '(.*)$')
  if company and redis.call('EXISTS', queue) == 1 then wake(company) end
end

-- A probe is a call, so it is paid for like one, and waits for its company's budget.
local function may_probe(destination)
  local hold = redis.call('HMGET', K.HOLD .. destination, 'probe_at', 'company')
  if not hold[1] or tonumber(hold[1]) > now then return false end
  if hold[2] then
    local limits = redis.call('HMGET', K.COMPANY .. hold[2], 'per_second', 'day_budget', 'frozen_until')
    limits[1], limits[2] = limits[1] or ARGV[7], limits[2] or ARGV[8]
    if ready_at(hold[2], limits, tonumber(ARGV[6])) > now then return false end
    spend(hold[2], tonumber(limits[1]))
  end
  redis.call('HSET', K.HOLD .. destination, 'probe_at', whole(now + probe_every))
  return true
end

local probes = {}
for _, destination in ipairs(redis.call('SMEMBERS', K.HOLDS)) do
  if may_probe(destination) then probes[#probes + 1] = destination end
end
return {1, rescued, promoted, pruned, probes}
