#!lua
-- Accepts a receipt and all its events in one step: deduplicates, stores, indexes, queues and counts them. A repeated call
-- (the response to the first one was lost) changes nothing and returns the same verdicts.
--
-- ARGV: receipt id, source, idempotency name ('' = none), body digest, seconds to remember that name, seconds of
--       deduplication, keep µs (of filtered events), keep µs (of dead letters), time (as RQ writes it), key id, marks of the
--       people in the request, bytes that the source may use ('' = any number), events per minute that it may send, number
--       of events, number of receipt fields and values, field, value …, then for each event:
--       event id, Gong eventId, dedupe name, company, destination, state, priority, job data, session ('' = none), how
--       reliably Gong can identify the person ('' = it has no call), marks of its people, µs at which it happened ('' =
--       unknown), alias of the dedupe name and of the eventId if they contain personal data ('' = they do not), number of
--       fields and values, field, value …; the first two fields are its type and its item
-- A session is "name|idle timeout µs|max duration µs|µs at which this event happened".
-- Returns {kind, receipt id, verdicts, rejections}. The kind is 'new', 'repeated', 'clash' (the idempotency name was used
-- with another body), 'in_use' (another source has sent the Gong eventId of an event), 'over_share' (the source uses all its
-- bytes), 'over_rate' (it sent too many events; the second value is the number of seconds until this request would be
-- accepted), or 'other_layout' (the store's data is of another layout). The last five change nothing. The verdicts are "event id|state|1 if a duplicate", joined by spaces.
-- Uses shared: enqueue, add_to_state, schedule_pruning, id_owner_key; series: add_to_tally, write_tally; clusters:
-- add_to_cluster; person_index: for_each_mark, index_key, add_marks, is_erased_since; source_usage: add_usage,
-- add_expiring_bytes.
local receipt, source, idempotency, digest = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local remember, dedupe_seconds, rq_time, key_id, request_marks = ARGV[5], ARGV[6], ARGV[9], ARGV[10], ARGV[11]
local most_bytes, events_per_minute, new_events = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local FIELDS = 15                                -- position of the list of receipt fields
local keep = {filtered = tonumber(ARGV[7]), aggregated = tonumber(ARGV[7]), dead = tonumber(ARGV[8]),
  erased = tonumber(ARGV[8])}

local function repeated_result(id)
  local stored = redis.call('HMGET', K.RECEIPT .. id, 'verdicts', 'rejections')
  return {'repeated', id, stored[1], stored[2] or ''}
end

-- The store may have been down when this process started, so its layout may not have been compared yet. Events beside data
-- that no worker can read would wait forever, and the layout that the first one records would hide that data.
local layout = redis.call('GET', K.LAYOUT)
local major = string.match(K.LAYOUT_VERSION, '^%d+')
if layout and string.match(layout, '^%d+') ~= major then return {'other_layout', '', '', ''} end
if not layout and redis.call('EXISTS', K.EVENTS, K.STATE_COUNTS, K.FIRST_LAYOUT_COUNTS) > 0 then
  return {'other_layout', '', '', ''}
end

if redis.call('EXISTS', K.RECEIPT .. receipt) == 1 then return repeated_result(receipt) end
if idempotency ~= '' then
  local prior = redis.call('GET', K.IDEMPOTENCY .. idempotency)
  if prior then
    local id, body = string.match(prior, '^(.-)|(.*)$')
    if body ~= digest then return {'clash', id, '', ''} end
    if redis.call('EXISTS', K.RECEIPT .. id) == 1 then return repeated_result(id) end
  end
end

-- The first and last position of a list that is preceded by its length.
local function list_range(position)
  return position + 1, position + tonumber(ARGV[position])
end

-- Adds an event to its session and returns the event's state. The first event of a session becomes its carrier, which
-- waits until the session has been idle; the others are aggregated into it.
local function join_session(id, session)
  local name, idle, longest, happened_at = string.match(session, '^(.*)|(%d+)|(%d+)|(%d+)$')
  local carrier = redis.call('GET', K.SESSION .. name)
  local current = carrier and redis.call('HMGET', K.EVENT .. carrier, 'state', 'first_at', 'last_at', 'aggregates_until')
  local ends = current and redis.call('ZSCORE', K.AGGREGATING, carrier)
  -- The session may be over although no sweep has queued its carrier yet.
  if not ends or current[1] ~= 'aggregating' or tonumber(ends) <= now then
    local latest = now + longest
    redis.call('SET', K.SESSION .. name, id, 'PX', whole(longest / 1000 + 1000))
    redis.call('HSET', K.EVENT .. id, 'session', name, 'aggregate_count', 1, 'first_at', happened_at, 'last_at', happened_at,
      'aggregates_until', whole(latest))
    redis.call('ZADD', K.AGGREGATING, whole(math.min(now + idle, latest)), id)
    return 'aggregating'
  end
  redis.call('HINCRBY', K.EVENT .. carrier, 'aggregate_count', 1)
  -- Events may arrive out of order.
  redis.call('HSET', K.EVENT .. carrier, 'first_at', whole(math.min(current[2], happened_at)),
    'last_at', whole(math.max(current[3], happened_at)))
  redis.call('ZADD', K.AGGREGATING, whole(math.min(now + idle, current[4])), carrier)
  redis.call('HSET', K.EVENT .. id, 'carrier', carrier)
  return 'aggregated'
end

local function count_arrival(destination, field)
  add_to_tally('', field)
  add_to_tally(':to:' .. destination, field)
  add_to_tally(':from:' .. source, field)
end

local function count_dead_letter(id, destination)
  local reason = redis.call('HGET', K.EVENT .. id, 'reason')
  redis.call('HINCRBY', K.OTHER_COUNTS, destination .. '|dead:' .. (reason or ''), 1)
  add_to_cluster(id)
end

local HEAD = 14                                  -- values of an event before its fields
local first, last = list_range(FIELDS)
local first_event = last + 1

-- Keys that consist of a name with personal data would outlive the event, so they consist of its alias. An older version of
-- the relay used the name.
local function prior_event(name, alias)
  return redis.call('GET', K.DEDUPE .. name) or (alias ~= '' and redis.call('GET', K.DEDUPE .. alias))
end

-- Calls `act` with the position of each event.
local function for_each_event(act)
  local event = first_event
  while event <= #ARGV do
    act(event)
    event = select(2, list_range(event + HEAD)) + 1
  end
end

-- A sender that did not get our response sends the same events again. They take no more memory.
local function has_only_duplicates()
  local only_duplicates = true
  for_each_event(function(event)
    only_duplicates = only_duplicates and prior_event(ARGV[event + 2], ARGV[event + 12])
  end)
  return only_duplicates
end

-- Gong would answer 409 to the second source that sends it an eventId, and the event would be lost.
local function is_id_of_other_source(event_id, name, company, state, alias, id_alias)
  if name == event_id or state ~= 'queued' or prior_event(name, alias) then return false end
  local key = id_owner_key(company, event_id, source, id_alias)
  local owner = key and redis.call('GET', key)
  return owner and owner ~= source
end

local is_in_use = false
for_each_event(function(event)
  local _, event_id, name, company, _, state = unpack(ARGV, event, event + 5)
  local alias, id_alias = ARGV[event + 12], ARGV[event + 13]
  is_in_use = is_in_use or is_id_of_other_source(event_id, name, company, state, alias, id_alias)
end)
if is_in_use then return {'in_use', '', '', ''} end

-- The source's events are spread over time: the next one may arrive at `allowance_at`, and a source that has been silent
-- may send the events of one minute at once, or one request of any size.
local usage = redis.call('HMGET', K.SOURCE_USAGE .. source, 'bytes', 'allowance_at')
local is_full = most_bytes and tonumber(usage[1] or 0) >= most_bytes
if is_full and not has_only_duplicates() then return {'over_share', '', '', ''} end
local cost = math.ceil(60000000 / events_per_minute * math.max(new_events, 1))
local allowance_at = math.max(tonumber(usage[2] or 0), now) + cost
local wait = allowance_at - now - math.max(cost, 60000000)
if wait > 0 then return {'over_rate', whole(math.ceil(wait / 1000000)), '', ''} end
redis.call('HSET', K.SOURCE_USAGE .. source, 'allowance_at', whole(allowance_at))

local function text_bytes(from, to)
  local bytes = 0
  for value = from, to do bytes = bytes + #ARGV[value] end
  return bytes
end

-- Data from before a person's erasure must not come back: neither as an event nor in the request's raw bytes.
local is_erased, drop_raw = {}, false
if redis.call('EXISTS', K.ERASED_PEOPLE) == 1 then
  redis.call('ZREMRANGEBYSCORE', K.ERASED_PEOPLE, '-inf', whole(now - dedupe_seconds * 1000000))
  local in_events = {}
  for_each_event(function(event)
    local marks = ARGV[event + 10]
    for_each_mark(marks, function(mark) in_events[mark] = true end)
    is_erased[ARGV[event]] = is_erased_since(marks, ARGV[event + 11])
    drop_raw = drop_raw or is_erased[ARGV[event]]
  end)
  -- A person who is in the request but in none of its events has no time, which counts as before the erasure.
  for_each_mark(request_marks, function(mark)
    drop_raw = drop_raw or (not in_events[mark] and is_erased_since(mark, ''))
  end)
end

-- The web may accept events before any worker has started, so the first of them records the layout of an empty store.
if not layout then redis.call('SET', K.LAYOUT, K.LAYOUT_VERSION) end
local receipt_bytes = BYTES.receipt + (drop_raw and 0 or text_bytes(first, last))
local expiring_bytes, event_bytes = 0, 0         -- of the names of events, and of the events
redis.call('HSET', K.RECEIPT .. receipt, 'source', source, 'key_id', key_id)
if drop_raw then
  redis.call('HSET', K.RECEIPT .. receipt, 'erased_at', whole(now))
else
  redis.call('HSET', K.RECEIPT .. receipt, unpack(ARGV, first, last))
end
redis.call('HSET', K.KEY_USES .. source, key_id, whole(now))

-- People who are in the request but in no stored event of it are found through the receipt.
local in_stored_events, receipt_marks = {}, request_marks

local next_event, verdicts, stored = first_event, {}, 0
while next_event <= #ARGV do
  local id, event_id, name, company, destination, state, priority, job, session, association, marks, _, alias, id_alias =
    unpack(ARGV, next_event, next_event + HEAD - 1)
  first, last = list_range(next_event + HEAD)
  next_event = last + 1
  local prior = prior_event(name, alias)
  if prior then
    receipt_marks = receipt_marks .. marks
    local prior_state = redis.call('HGET', K.EVENT .. prior, 'state') or 'pruned'
    if prior_state ~= 'pruned' then              -- so that the first event's page shows that it was sent again
      redis.call('HINCRBY', K.EVENT .. prior, 'repeats', 1)
      redis.call('HSET', K.EVENT .. prior, 'repeated_at', whole(now))
    end
    verdicts[#verdicts + 1] = prior .. '|' .. prior_state .. '|1'
    redis.call('HINCRBY', K.STATE_COUNTS, destination .. '|repeated', 1)
    count_arrival(destination, 'repeated')
  else
    if is_erased[id] then
      -- Only the type and the item are stored. The event still exists, so that a retry is recognized as a duplicate.
      state, session, marks, last = 'erased', '', '', first + 3
    end
    redis.call('SET', K.DEDUPE .. (alias ~= '' and alias or name), id, 'EX', dedupe_seconds)
    if name ~= event_id then                     -- the sender chose the eventId, so other sources may use the same
      local key = K.BY_EVENT_ID .. (alias ~= '' and id_alias or event_id)
      redis.call('SADD', key, id)
      redis.call('EXPIRE', key, dedupe_seconds)
      expiring_bytes = expiring_bytes + BYTES.name + #event_id
      local owner_key = state == 'queued' and id_owner_key(company, event_id, source, id_alias)
      if owner_key then
        redis.call('SET', owner_key, source, 'EX', dedupe_seconds)
        expiring_bytes = expiring_bytes + BYTES.name + #owner_key
      end
    end
    expiring_bytes = expiring_bytes + BYTES.name + #name
    local bytes = BYTES.event + text_bytes(first, last) + #marks / 8 * BYTES.mark
    event_bytes = event_bytes + bytes
    if is_erased[id] and alias ~= '' then event_id = alias end
    if session ~= '' then state = join_session(id, session) end
    redis.call('HSET', K.EVENT .. id, 'state', state, 'source', source, 'destination', destination,
      'company', company, 'priority', priority, 'event_id', event_id, 'receipt', receipt, 'received_at', whole(now),
      'changed_at', whole(now), 'bytes', bytes, unpack(ARGV, first, last))
    for_each_mark(marks, function(mark)
      in_stored_events[mark] = true
      redis.call('ZADD', index_key(mark), 0, mark .. id)
    end)
    redis.call('ZADD', K.EVENTS, 0, id)
    redis.call('ZADD', K.BY_SOURCE .. source, 0, id)
    redis.call('SADD', K.DESTINATIONS, destination)
    add_to_state(id, destination, state)
    if state == 'queued' or state == 'aggregating' then
      redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'created_at', rq_time)    -- all that RQ needs
      if state == 'queued' then enqueue(id, company, source, priority, false) end
    else
      schedule_pruning(id, keep[state])
      if state ~= 'erased' then count_arrival(destination, state) end
      if state == 'dead' then count_dead_letter(id, destination) end
    end
    count_arrival(destination, 'accepted')
    if association ~= '' then add_to_tally(':from:' .. source, association) end
    stored = stored + 1
    verdicts[#verdicts + 1] = id .. '|' .. state .. '|0'
  end
end

add_to_tally(':from:' .. source, 'requests')
redis.call('HINCRBY', K.REQUEST_COUNTS, source .. '|accepted', 1)
write_tally()

local joined = table.concat(verdicts, ' ')
receipt_bytes = receipt_bytes + #joined         -- a request of duplicates has little other text
redis.call('HSET', K.RECEIPT .. receipt, 'verdicts', joined, 'open', stored, 'bytes', receipt_bytes)
if stored == 0 then
  -- Only duplicates: the receipt is kept for an hour, for a sender that did not get our response. A source that uses all its
  -- bytes gets this response again without it.
  receipt_bytes = 0
  redis.call('HDEL', K.RECEIPT .. receipt, 'raw', 'headers', 'query', 'content_type', 'bytes')
  if is_full then
    redis.call('DEL', K.RECEIPT .. receipt)
  else
    redis.call('EXPIRE', K.RECEIPT .. receipt, 3600)
    receipt_bytes = BYTES.receipt + #joined + field_length(K.RECEIPT .. receipt, 'rejections')
    add_expiring_bytes(source, receipt_bytes, 3600)
  end
elseif not drop_raw then
  local others = {}
  for_each_mark(receipt_marks, function(mark) if not in_stored_events[mark] then others[#others + 1] = mark end end)
  if #others > 0 then add_marks(K.RECEIPT .. receipt, receipt, table.concat(others)) end
end
if idempotency ~= '' and not (is_full and stored == 0) then
  redis.call('SET', K.IDEMPOTENCY .. idempotency, receipt .. '|' .. digest, 'EX', remember)
  local bytes = BYTES.name + #idempotency + #digest
  add_expiring_bytes(source, bytes, remember)
  receipt_bytes = receipt_bytes + bytes
end
if expiring_bytes > 0 then add_expiring_bytes(source, expiring_bytes, dedupe_seconds) end
add_usage(source, receipt_bytes + event_bytes + expiring_bytes)
return {'new', receipt, joined, ''}
