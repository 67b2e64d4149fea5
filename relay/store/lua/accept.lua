#!lua
-- Accepts a whole receipt in one step: deduplicate, write, index, queue, count; all of it or nothing.
-- A repeated call (the answer of the first was lost) changes nothing and returns the same verdicts.
--
-- ARGV: receipt id, source, idempotency name ('' = none), body digest, seconds to remember that name, seen seconds,
--       keep µs (of filtered events), keep µs (of dead letters), moment (as RQ writes it), key id, number of receipt fields and values, field, value …, then for each event:
--       event id, Gong eventId, dedupe name, company, destination, state, job data,
--       number of fields and values, field, value …
-- Returns {kind, receipt id, verdicts, …stored receipt fields}: kind is 'new', 'repeated' or 'clash';
-- verdicts is one string "event id|state|1 if a duplicate" per event, joined by spaces.
local receipt, source, idempotency, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local remember, seen_seconds, moment, key_id = ARGV[5], ARGV[6], ARGV[9], ARGV[10]
local keep = {filtered = tonumber(ARGV[7]), dead = tonumber(ARGV[8])}

local function repeated(id)
  local kept = redis.call('HMGET', K.RECEIPT .. id, 'verdicts', 'rejections')
  return {'repeated', id, kept[1], kept[2] or ''}
end

if redis.call('EXISTS', K.RECEIPT .. receipt) == 1 then return repeated(receipt) end
if idempotency ~= '' then
  local prior = redis.call('GET', K.IDEMPOTENCY .. idempotency)
  if prior then
    local id, body = string.match(prior, '^(.-)|(.*)$')
    if body ~= digest then return {'clash', id, '', ''} end
    if redis.call('EXISTS', K.RECEIPT .. id) == 1 then return repeated(id) end
  end
end

local function span(position)                   -- a count, then that many values: where they start and end
  return position + 1, position + tonumber(ARGV[position])
end

local first, last = span(11)
redis.call('HSET', K.RECEIPT .. receipt, 'source', source, 'received_at', whole(now), 'key_id', key_id,
  unpack(ARGV, first, last))
redis.call('HSET', K.KEY_USED .. source, key_id, whole(now))

local at, verdicts, kept = last + 1, {}, 0
while at <= #ARGV do
  local id, event_id, name, company, destination, state, job = unpack(ARGV, at, at + 6)
  first, last = span(at + 7)
  at = last + 1
  local prior = redis.call('GET', K.SEEN .. name)
  if prior then
    local was = redis.call('HGET', K.EVENT .. prior, 'state') or 'pruned'
    verdicts[#verdicts + 1] = prior .. '|' .. was .. '|1'
    redis.call('HINCRBY', K.COUNT, destination .. '|repeated', 1)
  else
    redis.call('SET', K.SEEN .. name, id, 'EX', seen_seconds)
    if name ~= event_id then                     -- of the sender's own choice, so that another source may use it too
      redis.call('SADD', K.NAMED .. event_id, id)
      redis.call('EXPIRE', K.NAMED .. event_id, seen_seconds)
    end
    redis.call('HSET', K.EVENT .. id, 'state', state, 'source', source, 'destination', destination,
      'company', company, 'event_id', event_id, 'receipt', receipt, 'received_at', whole(now),
      'changed_at', whole(now), unpack(ARGV, first, last))
    redis.call('ZADD', K.ALL, 0, id)
    redis.call('ZADD', K.SOURCE .. source, 0, id)
    redis.call('SADD', K.DESTINATIONS, destination)
    index(id, destination, state)
    if state == 'queued' then
      redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'origin', K.QUEUE_PREFIX .. company, 'description', id,
        'created_at', moment, 'enqueued_at', moment, 'timeout', 60)
      enqueue(id, company, false)
    else
      ended(id, company, keep[state])
    end
    kept = kept + 1
    verdicts[#verdicts + 1] = id .. '|' .. state .. '|0'
  end
end

local answer = table.concat(verdicts, ' ')
redis.call('HSET', K.RECEIPT .. receipt, 'verdicts', answer, 'open', kept)
if kept == 0 then redis.call('EXPIRE', K.RECEIPT .. receipt, 3600) end     -- only for a sender who lost our answer
if idempotency ~= '' then redis.call('SET', K.IDEMPOTENCY .. idempotency, receipt .. '|' .. digest, 'EX', remember) end
return {'new', receipt, answer, ''}
