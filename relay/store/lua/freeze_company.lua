#!lua flags=allow-oom
-- Stops the calls of a company for a while, because a probe of its destination was answered 429.
--
-- ARGV: destination on hold, µs
-- Returns 1, or 0 if the destination is not on hold.
local company = redis.call('HGET', K.HOLD .. ARGV[1], 'company')
if not company then return 0 end
local frozen = tonumber(redis.call('HGET', K.COMPANY .. company, 'frozen_until') or 0)
redis.call('HSET', K.COMPANY .. company, 'frozen_until', whole(math.max(frozen, now + tonumber(ARGV[2]))))
return 1
