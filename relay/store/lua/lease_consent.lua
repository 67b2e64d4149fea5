#!lua flags=allow-oom
-- Leases the next consent whose code is to be exchanged. No other worker gets it until the lease ends.
--
-- ARGV: lease µs
-- Returns the consent's id, or nil if none is due.
local id = redis.call('ZRANGEBYSCORE', K.CONSENTS, '-inf', whole(now), 'LIMIT', 0, 1)[1]
if not id then return nil end
if redis.call('EXISTS', K.CONSENT .. id) == 0 then
  redis.call('ZREM', K.CONSENTS, id)             -- it has expired
  return nil
end
redis.call('ZADD', K.CONSENTS, whole(now + tonumber(ARGV[1])), id)
return id
