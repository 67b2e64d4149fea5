#!lua flags=allow-oom
-- Records that a token refresh failed, or that an access token no longer works.
--
-- ARGV: destination, version, owner, how it failed, text, µs until the next try; how it failed is one of:
--   not_now    Gong did not refresh: the refresh token is still good
--   in_doubt   no response arrived: the refresh token may be spent, so the try counts
--   lost       Gong rejects the refresh token: only a new consent helps
--   expired    Gong rejects the access token: it counts as expired, whichever worker reports it
-- Returns 1, or 0 if newer tokens were saved or another owner has taken over.
local key, failure = K.TOKENS .. ARGV[1], ARGV[4]
local row = redis.call('HMGET', key, 'version', 'locked_by', 'expires_at')
if row[1] ~= ARGV[2] then return 0 end
if failure == 'expired' then
  redis.call('HSET', key, 'expires_at', 0)
  if redis.call('HEXISTS', key, 'lost') == 1 then redis.call('ZADD', K.TOKEN_REFRESHES, whole(now), ARGV[1]) end
  return 1
end
if row[2] ~= ARGV[3] then return 0 end
redis.call('HDEL', key, 'locked_by', 'locked_until')
if failure == 'lost' then
  redis.call('HSET', key, 'lost', ARGV[5])
  -- The access token still works until it expires. The destination goes on hold only then.
  redis.call('ZADD', K.TOKEN_REFRESHES, row[3], ARGV[1])
  return 1
end
redis.call('HSET', key, 'failed_at', whole(now))
if failure == 'not_now' then redis.call('HINCRBY', key, 'tries', -1) end
redis.call('ZADD', K.TOKEN_REFRESHES, whole(now + tonumber(ARGV[6])), ARGV[1])
return 1
