#!lua flags=allow-oom
-- Gives an event up, on an operator's word. ARGV: event id, keep µs
-- Returns {1, state before} or {0, state}: what is being sent, or has ended, cannot be discarded. Ids left behind in
-- a queue or a list of held events are dropped when they are reached, for their event is no longer queued or held.
local id = ARGV[1]
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination')
local may = {queued = true, retrying = true, on_hold = true, aggregating = true, dead = true}
if not event[1] then return {0, ''} end
if not may[event[1]] then return {0, event[1]} end
if event[1] == 'dead' then cluster_remove(id) end
move(id, event[2], event[1], 'discarded', 'ended_at', whole(now))
redis.call('ZREM', K.WAITING, id)
redis.call('ZREM', K.AGGREGATING, id)
redis.call('ZREM', K.RQ_SCHEDULED .. origin(id), id)
redis.call('ZREM', K.RQ_FAILED .. origin(id), id)
redis.call('DEL', K.RQ_JOB .. id)
ended(id, tonumber(ARGV[2]))
happened(event[2], 'discarded')
return {1, event[1]}
