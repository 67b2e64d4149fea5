#!lua
-- Ends a replay that has examined all its events, or records what it waits for.
--
-- ARGV: replay id, what it waits for ('' = nothing)
-- Returns the replay's state after that, or '' if there is no such replay.
-- Uses replays: end_replay.
local replay = ARGV[1]
local state = redis.call('HGET', K.REPLAY .. replay, 'state')
if state ~= 'queued' and state ~= 'running' then
  redis.call('ZREM', K.REPLAYS_OPEN, replay)     -- its record may have been deleted by hand
  return state or ''
end
local fields, is_complete = redis.call('HGETALL', K.REPLAY .. replay), true
for position = 1, #fields, 2 do
  if string.sub(fields[position], 1, 7) == 'cursor:' and fields[position + 1] ~= 'end' then is_complete = false end
end
if is_complete then
  end_replay(replay, 'done')
  return 'done'
end
redis.call('HSET', K.REPLAY .. replay, 'waiting_for', ARGV[2])
return state
