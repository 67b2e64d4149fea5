#!lua flags=allow-oom
-- Settles one attempt. Removing the lease is the claim: without it another worker owns the event, and 0 is returned.
-- ARGV: company, event id, try, verb, attempt record, keep µs, base URL ('' = its answer tells nothing of it), slot, µs
--       after which the call had arrived at the latest ('' = it was not made), window µs, µs that Gong took for its answer
--       ('' = it gave none), then by verb:
--   done    state, requestId                    delivered or duplicate: the event has ended
--   later   delay µs, 1 if ambiguous, 1 if an attempt is spent, 1 if no event is to blame, what Gong said
--   freeze  delay µs, per_day                   429: back to the front, the company rests, no attempt spent
--   bury    reason, detail, fields …            a dead letter
--   hold    cause, detail, probe µs             the destination rests, the event waits for it
--   back                                        never sent: back to the front as it was
local company, id, try, verb, record, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local base_url, slot, lag, window, took = ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11])
if redis.call('ZREM', K.LEASE, company .. '|' .. id .. '|' .. try) == 0 then return 0 end
local event = K.EVENT .. id
local destination, source, priority = unpack(redis.call('HMGET', event, 'destination', 'source', 'priority'))
redis.call('ZREM', K.RQ_STARTED .. queue_of(company, source, priority), id .. ':' .. try)
if record ~= '' then redis.call('HSET', event, 'try:' .. try, record) end
redis.call('HDEL', event, 'try:' .. (tonumber(try) - 50))      -- a storm of 429s must not grow a record for ever

-- The call that was paid for when its event was taken arrived later than that: what follows keeps its distance from there.
local function arrived()
  local key, moment = K.SENT .. company, tonumber(string.sub(slot, 1, -2)) + tonumber(lag)
  local place = redis.call('LPOS', key, slot, 'RANK', -1)
  if not place then return end
  redis.call('LSET', key, place, whole(moment))
  local rate = tonumber(redis.call('HGET', K.COMPANY .. company, 'per_second') or 3)
  if place == rate - 1 then redis.call('ZADD', K.DUE, 'XX', 'GT', whole(moment + window), company) end
end

-- Failures in a row at one base URL. Any answer that is Gong's own ends them.
local FAILURES, REST, LONGEST_REST = 5, 15000000, 300000000

local function answers()
  if base_url ~= '' and redis.call('DEL', K.BREAKER .. base_url) == 1 then ring() end
end

local function open_breaker(key, trips)
  local rest = math.min(REST * 2 ^ trips, LONGEST_REST)
  redis.call('HSETNX', key, 'opened_at', whole(now))
  redis.call('HSET', key, 'open_until', whole(now + rest), 'trips', trips + 1)
  redis.call('HDEL', key, 'trial', 'trial_until')
end

local function fails(impersonal, said)
  local key = K.BREAKER .. base_url
  local told = redis.call('HMGET', key, 'failures', 'impersonal', 'varied', 'last', 'open_until', 'trial', 'trips')
  local failures, blameless = (told[1] or 0) + 1, (told[2] or 0) + impersonal
  local varied = told[3] or (told[4] and told[4] ~= id and '1')
  redis.call('HSET', key, 'failures', failures, 'impersonal', blameless, 'last', id, 'said', said)
  if varied then redis.call('HSET', key, 'varied', '1') end
  redis.call('EXPIRE', key, 86400)
  if told[5] then
    if told[6] == id then open_breaker(key, tonumber(told[7])) end
  elseif blameless >= FAILURES or (failures >= FAILURES and varied) then
    open_breaker(key, 0)
  end
end

-- How long it took from its arrival to Gong. A session waits on purpose, and a replay began long after.
local function arrival(state)
  if state ~= 'delivered' then return happened(destination, state) end
  local told = redis.call('HMGET', event, 'received_at', 'aggregate_count', 'replays')
  if told[2] or told[3] then return happened(destination, 'delivered') end
  local passed = now - tonumber(told[1])
  happened(destination, 'delivered:' .. bucket(passed))
  timed('arrival', passed)
end

local verbs = {}

function verbs.done(state, request_id)
  move(id, destination, 'sending', state, 'request_id', request_id, 'ended_at', whole(now))
  redis.call('HINCRBY', event, 'attempts', 1)
  if request_id ~= '' and keep > 0 then redis.call('SET', K.REQUEST .. request_id, id, 'PX', whole(keep / 1000)) end
  local crowd = tonumber(redis.call('HGET', K.COMPANY .. company, 'crowd') or 0)
  if crowd > 0 then redis.call('HSET', K.COMPANY .. company, 'crowd', math.floor(crowd * 0.97)) end
  redis.call('HDEL', K.COMPANY .. company, 'throttles')
  redis.call('DEL', K.RQ_JOB .. id)
  ended(id, keep)
  arrival(state)
  answers()
end

function verbs.later(delay, ambiguous, spent, impersonal, said)
  local due = now + tonumber(delay)
  move(id, destination, 'sending', 'retrying', 'due_at', whole(due))
  redis.call('HINCRBY', event, 'attempts', spent)
  if ambiguous == '1' then redis.call('HSET', event, 'ambiguous', 1) end
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'scheduled')
  redis.call('ZADD', K.WAITING, whole(due), id)
  redis.call('ZADD', K.RQ_SCHEDULED .. queue_of(company, source, priority), due / 1000000, id)
  happened_ever(destination, 'failed')
  if base_url ~= '' then fails(tonumber(impersonal), said) end
end

-- A 429 although our own ledger shows room: somebody else spends of this company's limits. A long rest is the day's.
local function others_spent(key, delay, per_day)
  if delay >= 60000000 then
    local used = tonumber(redis.call('HGET', K.DAY .. company, 'total') or 0)
    if used < per_day then redis.call('HSET', key, 'others', per_day - used, 'others_at', whole(now)) end
  else
    local crowd = tonumber(redis.call('HGET', key, 'crowd') or 0)
    redis.call('HSET', key, 'crowd', math.min(crowd * 2 + 50000, 2000000), 'crowded_at', whole(now))
  end
end

function verbs.freeze(delay, per_day)
  local key = K.COMPANY .. company
  local frozen = tonumber(redis.call('HGET', key, 'frozen_until') or 0)
  local until_then = math.max(frozen, now + tonumber(delay))
  redis.call('HSET', key, 'frozen_until', whole(until_then))
  local another = frozen > now                   -- of calls that were under way together, one counts
  if not another and redis.call('HINCRBY', key, 'throttles', 1) == 1 then
    others_spent(key, tonumber(delay), tonumber(per_day))
  end
  move(id, destination, 'sending', 'queued')
  enqueue(id, company, source, priority, true)
  redis.call('ZADD', K.DUE, whole(until_then), company)
  happened_ever(destination, 'rate_limited')
  answers()
end

function verbs.bury(reason, detail, ...)
  redis.call('HINCRBY', event, 'attempts', 1)
  bury(id, destination, 'sending', reason, detail, keep, ...)
  if reason ~= 'retries_exhausted' then return answers() end
  if base_url ~= '' then fails(0, detail) end    -- its last attempt was no answer either
end

function verbs.hold(cause, detail, probe)
  local key = K.HOLD .. destination
  if redis.call('SADD', K.HOLDS, destination) == 1 then
    redis.call('HSET', key, 'cause', cause, 'detail', detail, 'since', whole(now), 'company', company,
      'probe_at', whole(now + tonumber(probe)))              -- not on an operator's pause: no probe may end that
  end
  move(id, destination, 'sending', 'on_hold')
  if redis.call('EXISTS', K.PROBED .. destination) == 1 then redis.call('HINCRBY', event, 'lockouts', 1) end
  redis.call('LPUSH', K.HELD .. destination, id)
  happened_ever(destination, 'blocked')
  answers()
end

function verbs.back()
  local key = K.BREAKER .. (redis.call('HGET', K.COMPANY .. company, 'base_url') or '')
  if redis.call('HGET', key, 'trial') == id then redis.call('HDEL', key, 'trial', 'trial_until') end  -- another may try
  move(id, destination, 'sending', 'queued')
  enqueue(id, company, source, priority, true)
end

if lag ~= '' then arrived() end
if took then
  count('', 'call:' .. bucket(took), 1)
  timed('call', took)
end
verbs[verb](unpack(ARGV, 12))
return 1
