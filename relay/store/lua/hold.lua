#!lua flags=allow-oom
-- Puts a destination on hold, or changes the cause of its hold.
--
-- ARGV: destination, company, cause, detail, µs until the first probe ('' = it is never probed)
-- Returns 1 if the destination was not on hold before, else 0.
local key = K.HOLD .. ARGV[1]
local is_new = redis.call('SADD', K.HOLDS, ARGV[1])
if is_new == 1 then redis.call('HSET', key, 'since', whole(now)) end
redis.call('HSET', key, 'company', ARGV[2], 'cause', ARGV[3], 'detail', ARGV[4])
if ARGV[5] == '' then
  redis.call('HDEL', key, 'probe_at')
else
  redis.call('HSET', key, 'probe_at', whole(now + tonumber(ARGV[5])))
end
return is_new
