#!lua flags=allow-oom
-- Has every destination on hold probed at the next sweep, except those that an operator paused.
--
-- Returns the number of destinations.
local scheduled = 0
for _, destination in ipairs(redis.call('SMEMBERS', K.HOLDS)) do
  -- A hold without `probe_at` is an operator's pause, which no probe may end.
  if redis.call('HEXISTS', K.HOLD .. destination, 'probe_at') == 1 then
    redis.call('HSET', K.HOLD .. destination, 'probe_at', 0)
    scheduled = scheduled + 1
  end
end
return scheduled
