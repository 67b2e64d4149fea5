#!lua flags=allow-oom
-- Starts an erasure. From now on, older data of the person is not accepted again.
--
-- ARGV: erasure id, mark, who requested it, kind (email or phone), seconds of event deduplication, time of the request (µs)
-- Returns 1, or 0 if the erasure had already started; then nothing changes.
local erasure, mark, key = ARGV[1], ARGV[2], K.ERASURE .. ARGV[1]
if redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HSET', key, 'state', 'running', 'mark', mark, 'requested_by', ARGV[3], 'kind', ARGV[4], 'requested_at', ARGV[6],
  'since', whole(now), 'events', 0, 'receipts', 0)
redis.call('ZADD', K.ERASURES, 0, erasure)
redis.call('ZADD', K.ERASURES_OPEN, 0, erasure)
-- The person is remembered as long as a late retry could be recognized: until deduplication forgets the event.
redis.call('ZADD', K.ERASED_PEOPLE, whole(now), mark)
redis.call('EXPIRE', K.ERASED_PEOPLE, ARGV[5])
return 1
