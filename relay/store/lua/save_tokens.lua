#!lua flags=allow-oom
-- Saves newly issued tokens before any worker uses them, and has a hold of the destination probed at once.
--
-- ARGV: destination, version that was refreshed ('' = any), sealed tokens, base URL, scope, lifetime µs, µs until the next
--       refresh, consent id ('' = a refresh)
-- Returns the new version, or 0 if another worker has saved tokens since. Repeated for the same consent, nothing changes.
local name, follows, consent = ARGV[1], ARGV[2], ARGV[8]
local key = K.TOKENS .. name
local current = redis.call('HMGET', key, 'version', 'consent')
if consent ~= '' and current[2] == consent then return tonumber(current[1]) end
if follows ~= '' and current[1] ~= follows then return 0 end
redis.call('HDEL', key, 'tries', 'locked_by', 'locked_until', 'failed_at', 'lost')
redis.call('HSET', key, 'sealed', ARGV[3], 'base_url', ARGV[4], 'scope', ARGV[5],
  'issued_at', whole(now), 'expires_at', whole(now + tonumber(ARGV[6])))
if consent ~= '' then redis.call('HSET', key, 'consent', consent) end
redis.call('ZADD', K.TOKEN_REFRESHES, whole(now + tonumber(ARGV[7])), name)
-- The new tokens may be what the hold waits for. An operator's pause ends only by hand.
local cause = redis.call('HGET', K.HOLD .. name, 'cause')
if cause and cause ~= 'paused' then redis.call('HSET', K.HOLD .. name, 'probe_at', whole(now)) end
return redis.call('HINCRBY', key, 'version', 1)
