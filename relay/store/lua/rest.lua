#!lua flags=allow-oom
-- A probe was answered 429: the company of a destination on hold rests. ARGV: destination, µs
local company = redis.call('HGET', K.HOLD .. ARGV[1], 'company')
if not company then return 0 end
local frozen = tonumber(redis.call('HGET', K.COMPANY .. company, 'frozen_until') or 0)
redis.call('HSET', K.COMPANY .. company, 'frozen_until', whole(math.max(frozen, now + tonumber(ARGV[2]))))
return 1
