#!lua flags=allow-oom
-- Settles one attempt. Removing the lease is the claim: without it another worker owns the event, and 0 is returned.
-- ARGV: company, event id, try, verb, attempt record, keep µs, then by verb:
--   done    state, requestId                    delivered or duplicate: the event has ended
--   later   delay µs, 1 if ambiguous            waits, one attempt spent
--   freeze  delay µs                            429: back to the front, the company rests, no attempt spent
--   bury    reason, detail                      a dead letter
--   hold    cause, detail, probe µs             the destination rests, the event waits for it
--   back                                        never sent: back to the front as it was
local company, id, try, verb, record, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
if redis.call('ZREM', K.LEASE, company .. '|' .. id .. '|' .. try) == 0 then return 0 end
redis.call('ZREM', K.RQ_STARTED .. K.QUEUE_PREFIX .. company, id .. ':' .. try)
local event = K.EVENT .. id
local destination = redis.call('HGET', event, 'destination')
if record ~= '' then redis.call('HSET', event, 'try:' .. try, record) end
redis.call('HDEL', event, 'try:' .. (tonumber(try) - 50))      -- a storm of 429s must not grow a record for ever

local verbs = {}

function verbs.done(state, request_id)
  move(id, destination, 'sending', state, 'request_id', request_id, 'ended_at', whole(now))
  redis.call('HINCRBY', event, 'attempts', 1)
  if request_id ~= '' then redis.call('SET', K.REQUEST .. request_id, id, 'PX', whole(keep / 1000)) end
  redis.call('HDEL', K.COMPANY .. company, 'throttles')
  redis.call('DEL', K.RQ_JOB .. id)
  ended(id, company, keep)
end

function verbs.later(delay, ambiguous)
  local due = now + tonumber(delay)
  move(id, destination, 'sending', 'waiting', 'due_at', whole(due))
  redis.call('HINCRBY', event, 'attempts', 1)
  if ambiguous == '1' then redis.call('HSET', event, 'ambiguous', 1) end
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'scheduled')
  redis.call('ZADD', K.WAITING, whole(due), company .. '|' .. id)
  redis.call('ZADD', K.RQ_SCHEDULED .. K.QUEUE_PREFIX .. company, due / 1000000, id)
end

function verbs.freeze(delay)
  local key = K.COMPANY .. company
  local until_then = math.max(tonumber(redis.call('HGET', key, 'frozen_until') or 0), now + tonumber(delay))
  redis.call('HSET', key, 'frozen_until', whole(until_then))
  redis.call('HINCRBY', key, 'throttles', 1)
  move(id, destination, 'sending', 'queued')
  enqueue(id, company, true)
  redis.call('ZADD', K.DUE, whole(until_then), company)
end

function verbs.bury(reason, detail)
  redis.call('HINCRBY', event, 'attempts', 1)
  bury(id, company, destination, 'sending', reason, detail, keep)
end

function verbs.hold(cause, detail, probe)
  local key = K.HOLD .. destination
  if redis.call('SADD', K.HOLDS, destination) == 1 then
    redis.call('HSET', key, 'cause', cause, 'detail', detail, 'since', whole(now), 'company', company,
      'probe_at', whole(now + tonumber(probe)))              -- not on an operator's pause: no probe may end that
  end
  move(id, destination, 'sending', 'held')
  if redis.call('EXISTS', K.PROBED .. destination) == 1 then redis.call('HINCRBY', event, 'lockouts', 1) end
  redis.call('LPUSH', K.HELD .. destination, id)
end

function verbs.back()
  move(id, destination, 'sending', 'queued')
  enqueue(id, company, true)
end

verbs[verb](unpack(ARGV, 7))
return 1
