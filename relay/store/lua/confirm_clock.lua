#!lua flags=allow-oom
-- Ends the doubt about a step forward of Redis's clock, because a process has measured that the time really passed.
--
-- ARGV: time (µs) by Redis's clock from which on the process has measured
-- Returns 1, or 0 if no step is in doubt, or it was before.
local stepped_to = tonumber(redis.call('HGET', K.CLOCK_STEP, 'to') or 0)
if offset >= 0 or stepped_to < tonumber(ARGV[1]) then return 0 end
redis.call('SET', K.CLOCK, whole(server_time))
redis.call('DEL', K.CLOCK_STEP)
return 1
