#!lua flags=allow-oom
-- Discards an event for an operator, and deletes its data: its body, and its request with the last event that needs it.
--
-- ARGV: event id, keep µs, 1 to keep the data, so that the event can be replayed
-- Returns {1, state before}, or {0, state} if the event is being sent or has ended ('' = there is no such event).
-- Uses shared: move_event, event_queue_name, schedule_pruning; clusters: remove_from_cluster; series: count_event;
-- source_usage: change_bytes, field_length; person_index: leave_request.
local id = ARGV[1]
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'source', 'receipt')
local discardable = {queued = true, retrying = true, on_hold = true, aggregating = true, dead = true}
if not event[1] then return {0, ''} end
if not discardable[event[1]] then return {0, event[1]} end
if event[1] == 'dead' then remove_from_cluster(id) end
-- The id may stay in a queue or in the list of a hold. The script that reaches it there drops it, because its state has changed.
move_event(id, event[2], event[1], 'discarded', 'ended_at', whole(now))
redis.call('ZREM', K.RETRIES, id)
redis.call('ZREM', K.AGGREGATING, id)
redis.call('ZREM', K.RQ_SCHEDULED .. event_queue_name(id), id)
redis.call('ZREM', K.RQ_FAILED .. event_queue_name(id), id)
redis.call('DEL', K.RQ_JOB .. id)
schedule_pruning(id, tonumber(ARGV[2]))
count_event(event[2], 'discarded')

local function delete_data(source, receipt)
  local freed = field_length(K.EVENT .. id, 'body')
  redis.call('HDEL', K.EVENT .. id, 'body', 'operation')
  redis.call('HSET', K.EVENT .. id, 'data_deleted_at', whole(now))
  change_bytes(K.EVENT .. id, source, -freed)
  -- Every event of the receipt needed its request until now.
  redis.call('HSETNX', K.RECEIPT .. receipt, 'needed', redis.call('HGET', K.RECEIPT .. receipt, 'open') or 1)
  leave_request(receipt, source)
end
if ARGV[3] ~= '1' then delete_data(event[3], event[4]) end
return {1, event[1]}
