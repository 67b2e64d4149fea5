#!lua
-- Accepts a whole receipt in one step: deduplicate, write, index, queue, count; all of it or nothing.
-- A repeated call (the answer of the first was lost) changes nothing and returns the same verdicts.
--
-- ARGV: receipt id, source, idempotency name ('' = none), body digest, seconds to remember that name, seen seconds,
--       keep µs (of filtered events), keep µs (of dead letters), moment (as RQ writes it), key id, number of receipt
--       fields and values, field, value …, then for each event:
--       event id, Gong eventId, dedupe name, company, destination, state, lane, job data, session ('' = none),
--       number of fields and values, field, value …
-- A session is "name|µs of quiet that end it|µs that it lasts at most|µs at which this event happened".
-- Returns {kind, receipt id, verdicts, …stored receipt fields}: kind is 'new', 'repeated' or 'clash';
-- verdicts is one string "event id|state|1 if a duplicate" per event, joined by spaces.
local receipt, source, idempotency, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local remember, seen_seconds, moment, key_id = ARGV[5], ARGV[6], ARGV[9], ARGV[10]
local keep = {filtered = tonumber(ARGV[7]), collapsed = tonumber(ARGV[7]), dead = tonumber(ARGV[8])}

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

-- The first event of a session gathers the others: it waits until the session has been quiet for a while. Returns the
-- state of this one.
local function gather(id, session)
  local name, quiet, longest, moment = string.match(session, '^(.*)|(%d+)|(%d+)|(%d+)$')
  local carrier = redis.call('GET', K.SESSION .. name)
  local told = carrier and redis.call('HMGET', K.EVENT .. carrier, 'state', 'first_at', 'last_at', 'gathers_until')
  local ends = told and redis.call('ZSCORE', K.GATHERING, carrier)
  if not ends or told[1] ~= 'gathering' or tonumber(ends) <= now then          -- it may be over, and not swept yet
    local over = now + longest
    redis.call('SET', K.SESSION .. name, id, 'PX', whole(longest / 1000 + 1000))
    redis.call('HSET', K.EVENT .. id, 'session', name, 'gathered', 1, 'first_at', moment, 'last_at', moment,
      'gathers_until', whole(over))
    redis.call('ZADD', K.GATHERING, whole(math.min(now + quiet, over)), id)
    return 'gathering'
  end
  redis.call('HINCRBY', K.EVENT .. carrier, 'gathered', 1)
  redis.call('HSET', K.EVENT .. carrier, 'first_at', whole(math.min(told[2], moment)),
    'last_at', whole(math.max(told[3], moment)))
  redis.call('ZADD', K.GATHERING, whole(math.min(now + quiet, told[4])), carrier)
  redis.call('HSET', K.EVENT .. id, 'into', carrier)
  return 'collapsed'
end

local first, last = span(11)
redis.call('HSET', K.RECEIPT .. receipt, 'source', source, 'key_id', key_id, unpack(ARGV, first, last))
redis.call('HSET', K.KEY_USED .. source, key_id, whole(now))

local at, verdicts, kept = last + 1, {}, 0
while at <= #ARGV do
  local id, event_id, name, company, destination, state, lane, job, session = unpack(ARGV, at, at + 8)
  first, last = span(at + 9)
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
    if session ~= '' then state = gather(id, session) end
    redis.call('HSET', K.EVENT .. id, 'state', state, 'source', source, 'destination', destination,
      'company', company, 'lane', lane, 'event_id', event_id, 'receipt', receipt, 'received_at', whole(now),
      'changed_at', whole(now), unpack(ARGV, first, last))
    redis.call('ZADD', K.ALL, 0, id)
    redis.call('ZADD', K.SOURCE .. source, 0, id)
    redis.call('SADD', K.DESTINATIONS, destination)
    index(id, destination, state)
    if state == 'queued' or state == 'gathering' then
      redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'created_at', moment)     -- RQ can do without the rest
      if state == 'queued' then enqueue(id, company, source, lane, false) end
    else
      ended(id, keep[state])
      if state == 'dead' then cluster_add(id) end
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
