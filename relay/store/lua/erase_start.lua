#!lua flags=allow-oom
-- Begins to erase a person's data, and from this moment keeps what is older from coming back.
-- ARGV: erasure id, mark, who asked, email or phone, seconds that events are recognised, when it was asked for (µs)
-- Nothing happens when it has begun before.
local erasure, mark, key = ARGV[1], ARGV[2], K.ERASURE .. ARGV[1]
if redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HSET', key, 'state', 'running', 'mark', mark, 'asked_by', ARGV[3], 'kind', ARGV[4], 'asked_at', ARGV[6],
  'since', whole(now), 'events', 0, 'receipts', 0)
redis.call('ZADD', K.ERASURES, 0, erasure)
redis.call('ZADD', K.ERASURES_OPEN, 0, erasure)
redis.call('ZADD', K.ERASED, whole(now), mark)
redis.call('EXPIRE', K.ERASED, ARGV[5])
return 1
