#!lua
-- Sends a dead letter, or one that was discarded, again.
-- ARGV: event id, moment (as RQ writes it), job data, and fields to set on it: name, value … (mapped or routed anew)
-- Returns {1, state before} or {0, state}: only what has ended without reaching Gong can be replayed, and only with a
-- body: one that was never mapped and is given none is {0, 'unmapped'}.
local id = ARGV[1]
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'operation')
if not event[1] then return {0, ''} end
if event[1] ~= 'dead' and event[1] ~= 'discarded' then return {0, event[1]} end
if not event[3] and #ARGV == 3 then return {0, 'unmapped'} end
send_again(id, {state = event[1], destination = event[2]}, ARGV[3], ARGV[2], {unpack(ARGV, 4)})
return {1, event[1]}
