#!lua flags=allow-oom
-- Writes down that a renewal brought nothing. ARGV: destination, version, owner, how, text, µs until the next try
--   not_now    Gong did not do it: the refresh token is as good as before
--   in_doubt   no answer arrived: the refresh token may be spent, and the try counts
--   lost       Gong does not take the refresh token: only a new consent helps
--   dead       Gong does not take the access token either, whoever says so: it counts as expired
-- Returns 1; 0 when another has written, or taken over, since.
local key, how = K.TOKENS .. ARGV[1], ARGV[4]
local row = redis.call('HMGET', key, 'version', 'locked_by', 'expires_at')
if row[1] ~= ARGV[2] then return 0 end
if how == 'dead' then
  redis.call('HSET', key, 'expires_at', 0)
  if redis.call('HEXISTS', key, 'lost') == 1 then redis.call('ZADD', K.RENEWALS, whole(now), ARGV[1]) end
  return 1
end
if row[2] ~= ARGV[3] then return 0 end
redis.call('HDEL', key, 'locked_by', 'locked_until')
if how == 'lost' then
  redis.call('HSET', key, 'lost', ARGV[5])
  redis.call('ZADD', K.RENEWALS, row[3], ARGV[1])
  return 1
end
redis.call('HSET', key, 'failed_at', whole(now))
if how == 'not_now' then redis.call('HINCRBY', key, 'tries', -1) end
redis.call('ZADD', K.RENEWALS, whole(now + tonumber(ARGV[6])), ARGV[1])
return 1
