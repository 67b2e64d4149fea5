#!lua
-- Moves a replay's cursor past events that it does not send.
--
-- ARGV: replay id, destination of the cursor, the last of these events ('end' = there are no more), how many were examined,
--       and, if the last one should have been sent but could not be, the problem (JSON)
-- Returns 1, or 0 if another worker has passed the event or the replay has ended.
-- Uses replays: read_open_replay, advance_cursor.
local replay, destination, id, examined, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not read_open_replay(replay, destination, id) then return 0 end
advance_cursor(replay, destination, id, examined)
if problem then
  redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
  local failed = redis.call('HINCRBY', K.REPLAY .. replay, 'failed', 1)
  -- Ten examples are enough to see what is wrong; the rest are only counted.
  if failed <= 10 then redis.call('HSET', K.REPLAY .. replay, 'problem:' .. failed, problem) end
end
return 1
