#!lua flags=allow-oom
-- Takes up one consent whose code waits to be exchanged. Nobody else does until `again` has passed.
-- ARGV: again µs. Returns the consent's id, or nil when none waits.
local id = redis.call('ZRANGEBYSCORE', K.CONSENTS, '-inf', whole(now), 'LIMIT', 0, 1)[1]
if not id then return nil end
if redis.call('EXISTS', K.CONSENT .. id) == 0 then
  redis.call('ZREM', K.CONSENTS, id)
  return nil
end
redis.call('ZADD', K.CONSENTS, whole(now + tonumber(ARGV[1])), id)
return id
