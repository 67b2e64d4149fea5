#!lua flags=allow-oom
-- Once a second, by whichever worker wins: rescue what a dead worker held, queue what has waited or gathered, wake what
-- sleeps, prune.
-- ARGV: lock ms, keep µs (of dead letters), most rescues of one event, µs between probes, most to prune, window µs,
--       slack µs, and of a company that nobody published: per_second, day_budget, high_room
-- Returns {won, rescued, promoted, pruned, {destinations to probe now}}.
local keep, most_rescues, probe_every = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local pace, default = {window = tonumber(ARGV[6]), slack = tonumber(ARGV[7])}, {ARGV[8], ARGV[9], ARGV[10]}
if not redis.call('SET', K.SWEEP, 1, 'NX', 'PX', ARGV[1]) then return {0, 0, 0, 0, {}} end

local function rescue(member)
  local company, id, try = string.match(member, '^(.-)|(.-)|(.*)$')
  redis.call('ZREM', K.LEASE, member)
  local event = redis.call('HMGET', K.EVENT .. id, 'destination', 'source', 'priority')
  if not event[1] then return end
  redis.call('ZREM', K.RQ_STARTED .. queue_of(company, event[2], event[3]), id .. ':' .. try)
  redis.call('HSET', K.EVENT .. id, 'ambiguous', 1)            -- it may have reached Gong before its worker died
  if redis.call('HINCRBY', K.EVENT .. id, 'rescues', 1) >= most_rescues then
    return bury(id, event[1], 'sending', 'worker_crashed', 'its worker died while sending it', keep)
  end
  move(id, event[1], 'sending', 'queued')
  enqueue(id, company, event[2], event[3], true)
end

local function promote(id)
  redis.call('ZREM', K.WAITING, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'source', 'priority')
  if not event[1] then return end
  redis.call('ZREM', K.RQ_SCHEDULED .. queue_of(event[3], event[4], event[5]), id)
  if event[1] ~= 'retrying' then return end                     -- discarded meanwhile
  move(id, event[2], 'retrying', 'queued')
  enqueue(id, event[3], event[4], event[5], true)
end

local function gathered(id)
  redis.call('ZREM', K.AGGREGATING, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'source', 'priority', 'session')
  if event[6] and redis.call('GET', K.SESSION .. event[6]) == id then redis.call('DEL', K.SESSION .. event[6]) end
  if event[1] ~= 'aggregating' then return end                   -- discarded meanwhile
  move(id, event[2], 'aggregating', 'queued')
  enqueue(id, event[3], event[4], event[5], false)
end

local function prune(id)
  redis.call('ZREM', K.EXPIRY, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'source', 'company', 'receipt', 'priority')
  if not event[1] then return end
  if event[1] == 'dead' then cluster_remove(id) end
  redis.call('ZREM', K.AT .. event[2] .. ':' .. event[1], id)
  redis.call('ZREM', K.SOURCE .. event[3], id)
  redis.call('ZREM', K.ALL, id)
  redis.call('ZREM', K.RQ_FAILED .. queue_of(event[4], event[3], event[6]), id)
  people_leave(id, event[5])
  redis.call('DEL', K.EVENT .. id, K.RQ_JOB .. id)
  if redis.call('HINCRBY', K.RECEIPT .. event[5], 'open', -1) > 0 then return end
  people_remove(K.RECEIPT .. event[5], event[5])
  redis.call('DEL', K.RECEIPT .. event[5])
end

local function each(key, most, act)
  local members = redis.call('ZRANGEBYSCORE', key, '-inf', whole(now), 'LIMIT', 0, most)
  for _, member in ipairs(members) do act(member) end
  return #members
end

local rescued = each(K.LEASE, 500, rescue)
local promoted = each(K.WAITING, 500, promote)
each(K.AGGREGATING, 500, gathered)
local pruned = each(K.EXPIRY, tonumber(ARGV[5]), prune)

-- `rq requeue` and hand-pushed jobs know nothing of turns.
local queues = redis.call('HGETALL', K.QUEUES)
for at = 1, #queues, 2 do
  if redis.call('EXISTS', K.RQ_QUEUE .. queues[at]) == 1 then
    local rank, company = string.match(queues[at + 1], '^(%d)|(.*)$')
    give_turn(queues[at], company, tonumber(rank))
  end
end

-- A probe is a call, so it is paid for like one, and waits for its company's budget.
local function pays(company)
  local limits = limits_of(company, default)
  if ready_at(company, limits, true, pace) > now then return false end
  spend(company, limits.rate, true)
  return true
end

local function may_probe(destination)
  local hold = redis.call('HMGET', K.HOLD .. destination, 'probe_at', 'company')
  if not hold[1] or tonumber(hold[1]) > now or (hold[2] and not pays(hold[2])) then return false end
  redis.call('HSET', K.HOLD .. destination, 'probe_at', whole(now + probe_every))
  return true
end

local probes = {}
for _, destination in ipairs(redis.call('SMEMBERS', K.HOLDS)) do
  if may_probe(destination) then probes[#probes + 1] = destination end
end
local wanted = redis.call('HGETALL', K.PROBE_WANTED)
for at = 1, #wanted, 2 do
  if pays(wanted[at + 1]) then
    redis.call('HDEL', K.PROBE_WANTED, wanted[at])
    probes[#probes + 1] = wanted[at]
  end
end
return {1, rescued, promoted, pruned, probes}
