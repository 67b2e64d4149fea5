#!lua flags=allow-oom
-- Puts a destination on hold, or says why a hold goes on. ARGV: destination, company, cause, detail, probe µs ('' = never)
local key = K.HOLD .. ARGV[1]
local fresh = redis.call('SADD', K.HOLDS, ARGV[1])
if fresh == 1 then redis.call('HSET', key, 'since', whole(now)) end
redis.call('HSET', key, 'company', ARGV[2], 'cause', ARGV[3], 'detail', ARGV[4])
if ARGV[5] == '' then
  redis.call('HDEL', key, 'probe_at')
else
  redis.call('HSET', key, 'probe_at', whole(now + tonumber(ARGV[5])))
end
return fresh
