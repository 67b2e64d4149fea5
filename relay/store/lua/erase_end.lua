#!lua flags=allow-oom
-- Ends an erasure. ARGV: erasure id, seconds that its record is kept, what became of the append-only file
local erasure, key = ARGV[1], K.ERASURE .. ARGV[1]
if redis.call('HGET', key, 'state') == 'running' then
  redis.call('HSET', key, 'state', 'done', 'ended_at', whole(now), 'rewrite', ARGV[3])
  redis.call('EXPIRE', key, ARGV[2])
  redis.call('EXPIRE', K.ERASURE_EVENTS .. erasure, ARGV[2])
end
redis.call('ZREM', K.ERASURES_OPEN, erasure)
return 1
