#!lua
-- Starts a replay. A repeated call changes nothing.
--
-- ARGV: replay id, number of fields and values, field, value …, then for each destination its name and the id after which
--       the replay starts there
-- Returns 1, or 0 if the replay exists.
local id = ARGV[1]
if redis.call('EXISTS', K.REPLAY .. id) == 1 then return 0 end
local last = 2 + tonumber(ARGV[2])
redis.call('HSET', K.REPLAY .. id, 'state', 'queued', 'created_at', whole(now), 'examined', 0, 'matched', 0,
  'replayed', 0, 'skipped', 0, 'failed', 0, unpack(ARGV, 3, last))
for position = last + 1, #ARGV, 2 do
  redis.call('HSET', K.REPLAY .. id, 'cursor:' .. ARGV[position], ARGV[position + 1])
end
redis.call('ZADD', K.REPLAYS, 0, id)
redis.call('ZREMRANGEBYRANK', K.REPLAYS, 0, -1001)    -- the newest thousand stay listed
redis.call('ZADD', K.REPLAYS_OPEN, 0, id)
return 1
