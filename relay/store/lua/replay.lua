#!lua
-- Replays one dead letter or discarded event.
--
-- ARGV: event id, time (as RQ writes it), job data, then fields to set: name, value … (if it was mapped or routed again)
-- Returns {1, state before}, or {0, state} if the event is in another state ('' = there is no such event), or
-- {0, 'unmapped'} if it has no body and is given none, or {0, 'data_deleted'} if its data was deleted.
-- Uses shared: replay_event.
local id = ARGV[1]
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'operation', 'data_deleted_at')
if not event[1] then return {0, ''} end
if event[1] ~= 'dead' and event[1] ~= 'discarded' then return {0, event[1]} end
if event[4] then return {0, 'data_deleted'} end
if not event[3] and #ARGV == 3 then return {0, 'unmapped'} end
replay_event(id, {state = event[1], destination = event[2]}, ARGV[3], ARGV[2], {unpack(ARGV, 4)})
return {1, event[1]}
