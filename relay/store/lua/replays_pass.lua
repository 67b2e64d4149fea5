#!lua
-- Moves a replay's cursor past events that it does not send.
-- ARGV: replay id, destination whose cursor this is, the last of the events (or 'end': there are no more), how many,
--       and, where the last one should have been sent and could not be, why (JSON)
-- Returns 1, or 0 when another worker was here or the replay has ended.
local replay, track, id, examined, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not standing(replay, track, id) then return 0 end
advance(replay, track, id, examined)
if problem then
  redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
  local failed = redis.call('HINCRBY', K.REPLAY .. replay, 'failed', 1)
  if failed <= 10 then redis.call('HSET', K.REPLAY .. replay, 'problem:' .. failed, problem) end
end
return 1
