#!lua flags=allow-oom
-- Cancels a replay for an operator. Events that it has queued are still sent.
--
-- ARGV: replay id
-- Returns the state before, or '' if there is no such replay.
-- Uses replays: end_replay.
local state = redis.call('HGET', K.REPLAY .. ARGV[1], 'state')
if state == 'queued' or state == 'running' then end_replay(ARGV[1], 'cancelled') end
return state or ''
