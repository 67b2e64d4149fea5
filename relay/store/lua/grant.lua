#!lua flags=allow-oom
-- Keeps a fresh pair of tokens, before anybody uses it, and has a hold of the destination tried at once.
-- ARGV: destination, version that it follows ('' = whatever there is), sealed pair, base URL, scope, lifetime µs,
--       µs until it is renewed, consent id ('' = a renewal)
-- Returns the new version; 0 when another has written since. Repeated for the same consent it changes nothing.
local name, follows, consent = ARGV[1], ARGV[2], ARGV[8]
local key = K.TOKENS .. name
local had = redis.call('HMGET', key, 'version', 'consent')
if consent ~= '' and had[2] == consent then return tonumber(had[1]) end
if follows ~= '' and had[1] ~= follows then return 0 end
redis.call('HDEL', key, 'tries', 'locked_by', 'locked_until', 'failed_at', 'lost')
redis.call('HSET', key, 'sealed', ARGV[3], 'base_url', ARGV[4], 'scope', ARGV[5],
  'issued_at', whole(now), 'expires_at', whole(now + tonumber(ARGV[6])))
if consent ~= '' then redis.call('HSET', key, 'consent', consent) end
redis.call('ZADD', K.RENEWALS, whole(now + tonumber(ARGV[7])), name)
local cause = redis.call('HGET', K.HOLD .. name, 'cause')
if cause and cause ~= 'paused' then redis.call('HSET', K.HOLD .. name, 'probe_at', whole(now)) end
return redis.call('HINCRBY', key, 'version', 1)
