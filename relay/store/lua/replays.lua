-- What the steps of a replay share: where it stands at one destination, and how it ends. Included in each of them.
local KEEP = 2592000                             -- seconds that the record of an ended replay is kept

-- The fields asked for; nil when the replay has ended, or when this destination's cursor has passed the event: what
-- another worker has done is done.
local function standing(replay, destination, event, ...)
  local told = redis.call('HMGET', K.REPLAY .. replay, 'state', 'at:' .. destination, ...)
  if told[1] ~= 'queued' and told[1] ~= 'running' then return nil end
  if not told[2] or told[2] >= event then return nil end
  return {unpack(told, 3)}
end

local function advance(replay, destination, event, examined)
  local key = K.REPLAY .. replay
  redis.call('HSET', key, 'at:' .. destination, event, 'state', 'running')
  redis.call('HSETNX', key, 'started_at', whole(now))
  redis.call('HINCRBY', key, 'examined', examined)
end

local function conclude(replay, state)
  redis.call('HSET', K.REPLAY .. replay, 'state', state, 'ended_at', whole(now))
  redis.call('HDEL', K.REPLAY .. replay, 'waits')
  redis.call('EXPIRE', K.REPLAY .. replay, KEEP)
  redis.call('ZREM', K.REPLAYS_OPEN, replay)
end

-- Replayed events of a company that wait to be sent, over all its sources.
local function replays_queued(company)
  local queued = 0
  for _, queue in ipairs(redis.call('ZRANGEBYSCORE', K.TURN .. company, whole(RANKS.replay * RANK), '+inf')) do
    queued = queued + redis.call('LLEN', K.RQ_QUEUE .. queue)
  end
  return queued
end
