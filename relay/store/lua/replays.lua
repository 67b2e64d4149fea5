-- Included in the `replays_*` scripts: reading, advancing and ending a replay.
local KEEP = 2592000                             -- seconds that the record of an ended replay is kept: 30 days

-- Returns the fields asked for in `...`. Returns nil if the replay has ended, or if this destination's cursor is already
-- past the event: then another worker has handled it.
local function read_open_replay(replay, destination, event, ...)
  local values = redis.call('HMGET', K.REPLAY .. replay, 'state', 'cursor:' .. destination, ...)
  if values[1] ~= 'queued' and values[1] ~= 'running' then return nil end
  if not values[2] or values[2] >= event then return nil end
  return {unpack(values, 3)}
end

local function advance_cursor(replay, destination, event, examined)
  local key = K.REPLAY .. replay
  redis.call('HSET', key, 'cursor:' .. destination, event, 'state', 'running')
  redis.call('HSETNX', key, 'started_at', whole(now))
  redis.call('HINCRBY', key, 'examined', examined)
end

local function end_replay(replay, state)
  redis.call('HSET', K.REPLAY .. replay, 'state', state, 'ended_at', whole(now))
  redis.call('HDEL', K.REPLAY .. replay, 'waiting_for')
  redis.call('EXPIRE', K.REPLAY .. replay, KEEP)
  redis.call('ZREM', K.REPLAYS_OPEN, replay)
end

-- Replayed events of a company that are queued, over all its sources. Replays rank last, so their queues are at the end.
local function count_queued_replays(company)
  local queued = 0
  for _, queue in ipairs(redis.call('ZRANGEBYSCORE', K.TURNS .. company, whole(RANKS.replay * RANK), '+inf')) do
    queued = queued + redis.call('LLEN', K.RQ_QUEUE .. queue)
  end
  for _, queue in ipairs(redis.call('ZRANGE', K.PAUSED_TURNS .. company, 0, -1)) do
    if string.sub(queue, -7) == ':replay' then queued = queued + redis.call('LLEN', K.RQ_QUEUE .. queue) end
  end
  return queued
end
