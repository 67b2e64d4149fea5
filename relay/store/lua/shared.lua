-- What every script shares: moving an event between states, and queueing one.

local function index(id, destination, state)
  redis.call('ZADD', K.AT .. destination .. ':' .. state, 0, id)
  redis.call('HINCRBY', K.COUNT, destination .. '|' .. state, 1)
end

-- Moves an event to another state, and sets further fields of it: name, value, name, value …
local function move(id, destination, from, to, ...)
  redis.call('ZREM', K.AT .. destination .. ':' .. from, id)
  index(id, destination, to)
  redis.call('HSET', K.EVENT .. id, 'state', to, 'changed_at', whole(now), ...)
end

local function ring()
  redis.call('LPUSH', K.BELL, 1)
  redis.call('LTRIM', K.BELL, 0, 63)
end

-- The company has work: let a worker look at it. `sooner`: even if it was to be looked at later.
local function wake(company, sooner)
  if redis.call('ZADD', K.DUE, sooner and 'LT' or 'NX', 'CH', whole(now), company) == 1 then ring() end
end

-- Priorities in their order. Of several queues in one priority, the one that was served longest ago goes first: each source of a
-- company gets its fair share. A score is the priority's rank in units of RANK, and that moment: exact in a double, until 2039.
local RANK = 2200000000000000
local RANKS = {high = 0, normal = 1, low = 2, replay = 3}

-- The RQ queue of an event. Each field may be missing (false) in an event of an older version.
local function queue_of(company, source, priority)
  local name = K.QUEUE_PREFIX .. company .. ':' .. (source or '')
  if not priority or priority == 'normal' then return name end
  return name .. ':' .. priority
end

-- What goes first may find room on a day that is spent for all the rest.
local function give_turn(queue, company, rank)
  local added = redis.call('ZADD', K.TURN .. company, 'NX', whole(rank * RANK + now), queue)
  wake(company, added == 1 and rank == RANKS.high)
end

-- Puts an event's job into its queue: at the front (it was there before) or at the back.
local function enqueue(id, company, source, priority, front)
  local queue = queue_of(company, source, priority)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'queued', 'origin', queue)
  if redis.call(front and 'LPUSH' or 'RPUSH', K.RQ_QUEUE .. queue, id) > 1 then return end
  local rank = RANKS[priority or 'normal'] or 1
  redis.call('SADD', K.RQ_QUEUES, K.RQ_QUEUE .. queue)
  redis.call('HSET', K.QUEUES, queue, rank .. '|' .. company)
  give_turn(queue, company, rank)
end

-- The event has ended: nothing of RQ's stays but a dead letter's job, and the record goes when `keep` µs have passed.
local function ended(id, keep)
  redis.call('ZADD', K.EXPIRY, whole(now + keep), id)
end

-- Where an event's job is listed by RQ.
local function origin(id)
  local told = redis.call('HMGET', K.EVENT .. id, 'company', 'source', 'priority')
  return queue_of(told[1], told[2], told[3])
end

-- A dead letter. `...` are further fields of it: the fault that it shares with others.
local function bury(id, destination, from, reason, detail, keep, ...)
  move(id, destination, from, 'dead', 'reason', reason, 'detail', detail, 'ended_at', whole(now), ...)
  redis.call('HSET', K.RQ_JOB .. id, 'status', 'failed', 'exc_info', reason .. ': ' .. detail)
  redis.call('ZADD', K.RQ_FAILED .. origin(id), whole((now + keep) / 1000000), id)
  happened(destination, 'dead')
  redis.call('HINCRBY', K.HAPPENED, destination .. '|dead:' .. reason, 1)
  cluster_add(id)
  ended(id, keep)
end

-- A dead or discarded event is sent again. Its fields are what they shall be from now on; `before` is where it was.
local function revive(id, before, ...)
  local event = redis.call('HMGET', K.EVENT .. id, 'destination', 'company', 'source', 'priority')
  if event[1] ~= before.destination then         -- routed anew
    redis.call('ZREM', K.AT .. before.destination .. ':' .. before.state, id)
    redis.call('SADD', K.DESTINATIONS, event[1])
  end
  move(id, event[1], before.state, 'queued', 'attempts', 0, 'rescues', 0, 'lockouts', 0, 'replayed_at', whole(now), ...)
  redis.call('HDEL', K.EVENT .. id, 'reason', 'detail', 'problems', 'ended_at')
  redis.call('HINCRBY', K.EVENT .. id, 'replays', 1)
  redis.call('ZREM', K.EXPIRY, id)
  redis.call('HDEL', K.RQ_JOB .. id, 'exc_info')
  happened_ever(event[1], 'replayed')
  return event
end

-- A body that is made anew may tell of more people than the one before: they are added to the index, not written over.
local function without_people(id, fields)
  local others = {}
  for at = 1, #fields, 2 do
    if fields[at] == 'people' then
      people_add(K.EVENT .. id, id, fields[at + 1])
    else
      others[#others + 1], others[#others + 2] = fields[at], fields[at + 1]
    end
  end
  return others
end

-- The same, from its record to its queue: with `fields` set anew (name, value …) and its job as RQ writes it.
local function send_again(id, before, job, created_at, fields, ...)
  redis.call('ZREM', K.RQ_FAILED .. origin(id), id)
  if before.state == 'dead' then cluster_remove(id) end
  if #fields > 0 then redis.call('HSET', K.EVENT .. id, unpack(without_people(id, fields))) end
  local anew = revive(id, before, ...)
  redis.call('HSET', K.RQ_JOB .. id, 'data', job, 'created_at', created_at)
  enqueue(id, anew[2], anew[3], anew[4], false)
end
