#!lua
-- Begins a replay. A repeated call changes nothing. ARGV: replay id, number of its fields and values, field, value …,
-- then each destination whose events it looks at, with the id after which it begins there.
local id = ARGV[1]
if redis.call('EXISTS', K.REPLAY .. id) == 1 then return 0 end
local last = 2 + tonumber(ARGV[2])
redis.call('HSET', K.REPLAY .. id, 'state', 'queued', 'created_at', whole(now), 'examined', 0, 'matched', 0,
  'replayed', 0, 'skipped', 0, 'failed', 0, unpack(ARGV, 3, last))
for at = last + 1, #ARGV, 2 do redis.call('HSET', K.REPLAY .. id, 'at:' .. ARGV[at], ARGV[at + 1]) end
redis.call('ZADD', K.REPLAYS, 0, id)
redis.call('ZREMRANGEBYRANK', K.REPLAYS, 0, -1001)    -- the newest thousand are remembered
redis.call('ZADD', K.REPLAYS_OPEN, 0, id)
return 1
