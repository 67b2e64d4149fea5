#!lua flags=allow-oom
-- Stops the calls of a company for a while, because the response to a probe of its destination asks to wait.
--
-- ARGV: destination on hold, µs, field: frozen_until after a 429, retry_after_until after a failure
-- Returns 1, or 0 if the destination is not on hold.
local company = redis.call('HGET', K.HOLD .. ARGV[1], 'company')
if not company then return 0 end
local stopped_until = tonumber(redis.call('HGET', K.COMPANY .. company, ARGV[3]) or 0)
redis.call('HSET', K.COMPANY .. company, ARGV[3], whole(math.max(stopped_until, now + tonumber(ARGV[2]))))
return 1
