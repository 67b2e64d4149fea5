#!lua
-- Ends a replay that has looked at everything, or says what it waits for. ARGV: replay id, what it waits for (or '')
-- Returns the state it is in then.
local replay = ARGV[1]
local state = redis.call('HGET', K.REPLAY .. replay, 'state')
if state ~= 'queued' and state ~= 'running' then
  redis.call('ZREM', K.REPLAYS_OPEN, replay)     -- its record may have been removed by hand
  return state or ''
end
local fields, left = redis.call('HGETALL', K.REPLAY .. replay), false
for at = 1, #fields, 2 do
  if string.sub(fields[at], 1, 3) == 'at:' and fields[at + 1] ~= 'end' then left = true end
end
if not left then
  conclude(replay, 'done')
  return 'done'
end
redis.call('HSET', K.REPLAY .. replay, 'waits', ARGV[2])
return state
