-- Included in every script: moving an event between states, queueing it, and ending it.

local function add_to_state(id, destination, state)
  redis.call('ZADD', K.BY_STATE .. destination .. ':' .. state, 0, id)
  redis.call('HINCRBY', K.STATE_COUNTS, destination .. '|' .. state, 1)
end

-- Moves an event to another state and sets more of its fields: name, value, name, value …
local function move_event(id, destination, from, to, ...)
  redis.call('ZREM', K.BY_STATE .. destination .. ':' .. from, id)
  add_to_state(id, destination, to)
  redis.call('HSET', K.EVENT .. id, 'state', to, 'changed_at', whole(now), ...)
end

-- The key of the source that sent an eventId which its sender chose. Returns nil if the id begins with the name of its
-- source, because then no other source can send it. Gong does not document whether case counts, so it does not count here.
-- `id_alias` stands for an id with personal data; '' for one without.
local function id_owner_key(company, event_id, source, id_alias)
  if string.sub(event_id, 1, #source + 1) == source .. ':' then return nil end
  local id = id_alias ~= '' and id_alias or string.lower(string.match(event_id, '^%s*(.-)%s*$'))
  return K.ID_OWNER .. #company .. ':' .. company .. ':' .. id
end

local function wake_worker()
  redis.call('LPUSH', K.WAKEUP, 1)
  redis.call('LTRIM', K.WAKEUP, 0, 63)           -- more wake-ups than workers are of no use
end

-- Makes workers check a company that has queued events. With `sooner`, also if it was due later.
local function schedule_company(company, sooner)
  if redis.call('ZADD', K.DUE, sooner and 'LT' or 'NX', 'CH', whole(now), company) == 1 then wake_worker() end
end

-- The score of a queue in TURNS is its priority's rank times RANK, plus the time (µs) at which it was last served. So
-- higher priorities come first, and within one the queue that was served longest ago: every source of a company gets its
-- fair share. The sum is exact in a double until 2039.
local RANK = 2200000000000000
local RANKS = {high = 0, normal = 1, low = 2, replay = 3}

-- The name of an event's RQ queue. A field that the event lacks is false.
local function queue_name(company, source, priority)
  local name = K.QUEUE_PREFIX .. company .. ':' .. (source or '')
  if not priority or priority == 'normal' then return name end
  return name .. ':' .. priority
end

local function add_turn(queue, company, rank)
  local paused = K.PAUSED_TURNS .. company
  local has_paused = redis.call('EXISTS', paused) == 1
  local resumes_at = has_paused and redis.call('ZSCORE', paused, queue)
  -- Its source has used up its share of the company's day; `lease_events` gives it a turn when there is room again.
  if resumes_at then return redis.call('ZADD', K.DUE, 'NX', resumes_at, company) end
  local added = redis.call('ZADD', K.TURNS .. company, 'NX', whole(rank * RANK + now), queue)
  -- A company that waits for its day budget may still have calls left for priority high, and one that waits for a source's
  -- share has some for other sources.
  schedule_company(company, added == 1 and (has_paused or rank == RANKS.high))
end

-- Gives those of a company's paused queues a turn again whose time has come by `latest`.
local function resume_turns(company, latest)
  local paused = K.PAUSED_TURNS .. company
  for _, queue in ipairs(redis.call('ZRANGEBYSCORE', paused, '-inf', latest)) do
    redis.call('ZREM', paused, queue)
    local rank = string.match(redis.call('HGET', K.QUEUES, queue) or '', '^(%d)|')
    if rank then redis.call('ZADD', K.TURNS .. company, 'NX', whole(rank * RANK + now), queue) end
  end
end

-- Puts an event's job into its queue: at the front if it was there before, else at the back.
local function enqueue(id, company, source, priority, at_front)
  local queue = queue_name(company, source, priority)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'queued', 'origin', queue)
  -- A queue that was not empty already has its turn.
  if redis.call(at_front and 'LPUSH' or 'RPUSH', K.RQ_QUEUE .. queue, id) > 1 then return end
  local rank = RANKS[priority or 'normal'] or 1
  redis.call('SADD', K.RQ_QUEUES, K.RQ_QUEUE .. queue)
  redis.call('HSET', K.QUEUES, queue, rank .. '|' .. company)
  add_turn(queue, company, rank)
end

-- The event has ended: its record is pruned after `keep` µs.
local function schedule_pruning(id, keep)
  redis.call('ZADD', K.EXPIRY, whole(now + keep), id)
end

local function event_queue_name(id)
  local event = redis.call('HMGET', K.EVENT .. id, 'company', 'source', 'priority')
  return queue_name(event[1], event[2], event[3])
end

-- Makes an event a dead letter. `...` are more fields of it: those that identify its cluster.
local function dead_letter(id, destination, from, reason, detail, keep, ...)
  move_event(id, destination, from, 'dead', 'reason', reason, 'detail', detail, 'ended_at', whole(now), ...)
  -- RQ's own tools list it as a failed job, and `rq requeue` can replay it. They get no detail: it may quote the payload.
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', reason .. ': gong-relay event ' .. id)
  redis.call('ZADD', K.RQ_FAILED .. event_queue_name(id), whole((now + keep) / 1000000), id)
  count_event(destination, 'dead')
  redis.call('HINCRBY', K.OTHER_COUNTS, destination .. '|dead:' .. reason, 1)
  add_to_cluster(id)
  schedule_pruning(id, keep)
end

-- Moves a dead or discarded event back to `queued`. Its fields are already those for the replay; `before` holds the state
-- and the destination that it had.
local function reset_for_replay(id, before, ...)
  local event = redis.call('HMGET', K.EVENT .. id, 'destination', 'company', 'source', 'priority')
  if event[1] ~= before.destination then         -- it was routed again
    redis.call('ZREM', K.BY_STATE .. before.destination .. ':' .. before.state, id)
    redis.call('SADD', K.DESTINATIONS, event[1])
  end
  move_event(id, event[1], before.state, 'queued', 'attempts', 0, 'rescues', 0, 'blocked_count', 0,
    'replayed_at', whole(now), ...)
  redis.call('HDEL', K.EVENT .. id, 'reason', 'detail', 'problems', 'ended_at')
  redis.call('HINCRBY', K.EVENT .. id, 'replays', 1)
  redis.call('ZREM', K.EXPIRY, id)
  redis.call('HDEL', K.RQ_JOB .. id, 'exc_info')
  count_total(event[1], 'replayed')
  return event
end

-- Returns `fields` without the marks, after adding those to the index: a new body may contain more people than the old
-- one, and overwriting the marks would lose the old ones.
local function merge_marks(id, fields)
  local others = {}
  for position = 1, #fields, 2 do
    if fields[position] == 'marks' then
      add_marks(K.EVENT .. id, id, fields[position + 1])
    else
      others[#others + 1], others[#others + 2] = fields[position], fields[position + 1]
    end
  end
  return others
end

-- Replays an event: sets `fields` (name, value …), resets it, and queues its job. `job` and `created_at` are as RQ writes
-- them.
local function replay_event(id, before, job, created_at, fields, ...)
  redis.call('ZREM', K.RQ_FAILED .. event_queue_name(id), id)
  if before.state == 'dead' then remove_from_cluster(id) end
  if #fields > 0 then
    local body = field_length(K.EVENT .. id, 'body')
    redis.call('HSET', K.EVENT .. id, unpack(merge_marks(id, fields)))
    change_bytes(K.EVENT .. id, redis.call('HGET', K.EVENT .. id, 'source'), field_length(K.EVENT .. id, 'body') - body)
  end
  local event = reset_for_replay(id, before, ...)
  redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'created_at', created_at)
  enqueue(id, event[2], event[3], event[4], false)
end
