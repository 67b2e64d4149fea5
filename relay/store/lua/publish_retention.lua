#!lua flags=allow-oom
-- Saves how long ended events are kept. If that has changed, events that ended before are scheduled again
-- (`apply_retention`).
--
-- ARGV: µs for delivered events, filtered events, discarded events and dead letters
-- Returns 1 if it has changed, else 0.
local names, is_changed = {'delivered', 'filtered', 'discarded', 'dead'}, false
local stored = redis.call('HMGET', K.RETENTION, unpack(names))
for position, name in ipairs(names) do
  if stored[position] ~= ARGV[position] then
    redis.call('HSET', K.RETENTION, name, ARGV[position])
    is_changed = true
  end
end
if is_changed then redis.call('HSET', K.RETENTION, 'cursor', '') end
return is_changed and 1 or 0
