#!lua flags=allow-oom
-- Ends an erasure that has nothing left to erase.
--
-- ARGV: erasure id, seconds to keep its record, state of the append-only file's rewrite
-- Returns 1. A repeated call changes nothing.
local erasure, key = ARGV[1], K.ERASURE .. ARGV[1]
if redis.call('HGET', key, 'state') == 'running' then
  redis.call('HSET', key, 'state', 'done', 'ended_at', whole(now), 'rewrite', ARGV[3])
  redis.call('EXPIRE', key, ARGV[2])
  redis.call('EXPIRE', K.ERASURE_EVENTS .. erasure, ARGV[2])
end
redis.call('ZREM', K.ERASURES_OPEN, erasure)
return 1
