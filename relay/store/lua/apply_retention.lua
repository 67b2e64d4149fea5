#!lua flags=allow-oom
-- Schedules the pruning of events again that ended under another retention, some at a time.
--
-- ARGV: most events to examine
-- Returns 1 while there are more, else 0.
local stored = redis.call('HMGET', K.RETENTION, 'cursor', 'delivered', 'filtered', 'discarded', 'dead')
local cursor = stored[1]
if not cursor then return 0 end
local keep = {delivered = stored[2], duplicate = stored[2], filtered = stored[3], aggregated = stored[3],
  discarded = stored[4], dead = stored[5], erased = stored[5]}
local most = tonumber(ARGV[1])
local ids = redis.call('ZRANGE', K.EVENTS, cursor == '' and '-' or '(' .. cursor, '+', 'BYLEX', 'LIMIT', 0, most)
for _, id in ipairs(ids) do
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'ended_at', 'changed_at')
  local ended_at = tonumber(event[2] or event[3])
  -- XX: an event that is open again is not pruned.
  if ended_at and keep[event[1]] then redis.call('ZADD', K.EXPIRY, 'XX', whole(ended_at + keep[event[1]]), id) end
end
if #ids == most then
  redis.call('HSET', K.RETENTION, 'cursor', ids[most])
  return 1
end
redis.call('HDEL', K.RETENTION, 'cursor')
return 0
