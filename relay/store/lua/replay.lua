#!lua
-- Sends a dead letter, or one that was discarded, again.
-- ARGV: event id, moment (as RQ writes it), job data, and fields to set on it: name, value … (a body mapped anew)
-- Returns {1, state before} or {0, state}: only what has ended without reaching Gong can be replayed, and only with a
-- body: one that was never mapped and is given none is {0, 'unmapped'}.
local id = ARGV[1]
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'operation')
if not event[1] then return {0, ''} end
if event[1] ~= 'dead' and event[1] ~= 'discarded' then return {0, event[1]} end
if not event[4] and #ARGV == 3 then return {0, 'unmapped'} end
if #ARGV > 3 then redis.call('HSET', K.EVENT .. id, unpack(ARGV, 4)) end
move(id, event[2], event[1], 'queued', 'attempts', 0, 'rescues', 0, 'lockouts', 0, 'replayed_at', whole(now))
redis.call('HDEL', K.EVENT .. id, 'reason', 'detail', 'problems', 'ended_at')
redis.call('HINCRBY', K.EVENT .. id, 'replays', 1)
redis.call('ZREM', K.EXPIRY, id)
redis.call('ZREM', K.RQ_FAILED .. K.QUEUE_PREFIX .. event[3], id)
redis.call('HDEL', K.RQ_JOB .. id, 'exc_info')
redis.call('HSET', K.RQ_JOB .. id, 'data', ARGV[3], 'origin', K.QUEUE_PREFIX .. event[3], 'description', id,
  'created_at', ARGV[2], 'enqueued_at', ARGV[2], 'timeout', 60)
enqueue(id, event[3], false)
return {1, event[1]}
