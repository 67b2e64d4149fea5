#!lua
-- Accepts a whole receipt in one step: deduplicate, write, index, queue, count; all of it or nothing.
-- A repeated call (the answer of the first was lost) changes nothing and returns the same verdicts.
--
-- ARGV: receipt id, source, idempotency name ('' = none), body digest, seconds to remember that name, seen seconds,
--       keep µs (of filtered events), keep µs (of dead letters), moment (as RQ writes it), key id, marks of the people
--       that the request tells of, number of receipt fields and values, field, value …, then for each event:
--       event id, Gong eventId, dedupe name, company, destination, state, priority, job data, session ('' = none), how surely
--       Gong can tell whom it is about ('' = it has no call), marks of the people that it tells of, µs at which it
--       happened ('' = it does not tell), another name for its ids where they tell of a person themselves ('' = they do
--       not), number of fields and values, field, value …; the first four are its type and its item
-- A session is "name|µs of quiet that end it|µs that it lasts at most|µs at which this event happened".
-- Returns {kind, receipt id, verdicts, …stored receipt fields}: kind is 'new', 'repeated' or 'clash';
-- verdicts is one string "event id|state|1 if a duplicate" per event, joined by spaces.
local receipt, source, idempotency, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local remember, seen_seconds, moment, key_id, told_of = ARGV[5], ARGV[6], ARGV[9], ARGV[10], ARGV[11]
local keep = {filtered = tonumber(ARGV[7]), aggregated = tonumber(ARGV[7]), dead = tonumber(ARGV[8]),
  erased = tonumber(ARGV[8])}

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
  local told = carrier and redis.call('HMGET', K.EVENT .. carrier, 'state', 'first_at', 'last_at', 'aggregates_until')
  local ends = told and redis.call('ZSCORE', K.AGGREGATING, carrier)
  if not ends or told[1] ~= 'aggregating' or tonumber(ends) <= now then          -- it may be over, and not swept yet
    local over = now + longest
    redis.call('SET', K.SESSION .. name, id, 'PX', whole(longest / 1000 + 1000))
    redis.call('HSET', K.EVENT .. id, 'session', name, 'aggregate_count', 1, 'first_at', moment, 'last_at', moment,
      'aggregates_until', whole(over))
    redis.call('ZADD', K.AGGREGATING, whole(math.min(now + quiet, over)), id)
    return 'aggregating'
  end
  redis.call('HINCRBY', K.EVENT .. carrier, 'aggregate_count', 1)
  redis.call('HSET', K.EVENT .. carrier, 'first_at', whole(math.min(told[2], moment)),
    'last_at', whole(math.max(told[3], moment)))
  redis.call('ZADD', K.AGGREGATING, whole(math.min(now + quiet, told[4])), carrier)
  redis.call('HSET', K.EVENT .. id, 'into', carrier)
  return 'aggregated'
end

local function arrived(destination, what)
  tally('', what)
  tally(':to:' .. destination, what)
  tally(':from:' .. source, what)
end

local function buried(id, destination)
  local reason = redis.call('HGET', K.EVENT .. id, 'reason')
  redis.call('HINCRBY', K.HAPPENED, destination .. '|dead:' .. (reason or ''), 1)
  cluster_add(id)
end

local HEAD = 13                                  -- values of an event before its fields
local first, last = span(12)
local events, place = last + 1, last + 1

-- What happened before one of its people was erased must not come back: neither the event nor the bytes that tell of it.
local erased, bare = {}, false
if redis.call('EXISTS', K.ERASED) == 1 then
  redis.call('ZREMRANGEBYSCORE', K.ERASED, '-inf', whole(now - seen_seconds * 1000000))
  local told = {}
  while place <= #ARGV do
    local marks = ARGV[place + 10]
    each_mark(marks, function(mark) told[mark] = true end)
    erased[ARGV[place]] = erased_since(marks, ARGV[place + 11])
    bare = bare or erased[ARGV[place]]
    place = select(2, span(place + HEAD)) + 1
  end
  each_mark(told_of, function(mark) bare = bare or (not told[mark] and erased_since(mark, '')) end)
end

-- The web may accept events before any worker has started, so the first of them records the layout of an empty store.
redis.call('SET', K.LAYOUT, K.LAYOUT_VERSION, 'NX')
redis.call('HSET', K.RECEIPT .. receipt, 'source', source, 'key_id', key_id)
if bare then
  redis.call('HSET', K.RECEIPT .. receipt, 'erased_at', whole(now))
else
  redis.call('HSET', K.RECEIPT .. receipt, unpack(ARGV, first, last))
end
redis.call('HSET', K.KEY_USED .. source, key_id, whole(now))

-- Whom the request tells of and no event of it that is kept: the receipt itself leads to them.
local known, besides = {}, told_of

local at, verdicts, kept = events, {}, 0
while at <= #ARGV do
  local id, event_id, name, company, destination, state, priority, job, session, association, people, _, alias =
    unpack(ARGV, at, at + HEAD - 1)
  first, last = span(at + HEAD)
  at = last + 1
  local prior = redis.call('GET', K.SEEN .. name) or (alias ~= '' and redis.call('GET', K.SEEN .. alias))
  if prior then
    besides = besides .. people
    local was = redis.call('HGET', K.EVENT .. prior, 'state') or 'pruned'
    if was ~= 'pruned' then                      -- who asks where the second one is, is told that it came twice
      redis.call('HINCRBY', K.EVENT .. prior, 'repeats', 1)
      redis.call('HSET', K.EVENT .. prior, 'repeated_at', whole(now))
    end
    verdicts[#verdicts + 1] = prior .. '|' .. was .. '|1'
    redis.call('HINCRBY', K.COUNT, destination .. '|repeated', 1)
    arrived(destination, 'repeated')
  else
    if erased[id] then
      state, session, people, last = 'erased', '', '', first + 3
      if alias ~= '' then name, event_id = alias, alias end
    end
    redis.call('SET', K.SEEN .. name, id, 'EX', seen_seconds)
    if name ~= event_id then                     -- of the sender's own choice, so that another source may use it too
      redis.call('SADD', K.NAMED .. event_id, id)
      redis.call('EXPIRE', K.NAMED .. event_id, seen_seconds)
    end
    if session ~= '' then state = gather(id, session) end
    redis.call('HSET', K.EVENT .. id, 'state', state, 'source', source, 'destination', destination,
      'company', company, 'priority', priority, 'event_id', event_id, 'receipt', receipt, 'received_at', whole(now),
      'changed_at', whole(now), unpack(ARGV, first, last))
    each_mark(people, function(mark)
      known[mark] = true
      redis.call('ZADD', bucket_of(mark), 0, mark .. id)
    end)
    redis.call('ZADD', K.ALL, 0, id)
    redis.call('ZADD', K.SOURCE .. source, 0, id)
    redis.call('SADD', K.DESTINATIONS, destination)
    index(id, destination, state)
    if state == 'queued' or state == 'aggregating' then
      redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'created_at', moment)     -- RQ can do without the rest
      if state == 'queued' then enqueue(id, company, source, priority, false) end
    else
      ended(id, keep[state])
      if state ~= 'erased' then arrived(destination, state) end
      if state == 'dead' then buried(id, destination) end
    end
    arrived(destination, 'accepted')
    if association ~= '' then tally(':from:' .. source, association) end
    kept = kept + 1
    verdicts[#verdicts + 1] = id .. '|' .. state .. '|0'
  end
end

tally(':from:' .. source, 'taken')
redis.call('HINCRBY', K.REQUESTS, source .. '|taken', 1)
write_tallied()

local answer = table.concat(verdicts, ' ')
redis.call('HSET', K.RECEIPT .. receipt, 'verdicts', answer, 'open', kept)
if kept == 0 then                                -- only for a sender who lost our answer
  redis.call('HDEL', K.RECEIPT .. receipt, 'raw', 'headers', 'query', 'content_type')
  redis.call('EXPIRE', K.RECEIPT .. receipt, 3600)
elseif not bare then
  local others = {}
  each_mark(besides, function(mark) if not known[mark] then others[#others + 1] = mark end end)
  if #others > 0 then people_add(K.RECEIPT .. receipt, receipt, table.concat(others)) end
end
if idempotency ~= '' then redis.call('SET', K.IDEMPOTENCY .. idempotency, receipt .. '|' .. digest, 'EX', remember) end
return {'new', receipt, answer, ''}
