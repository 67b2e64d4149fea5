#!lua flags=allow-oom
-- Ends a replay on an operator's word. What it has queued is sent. ARGV: replay id. Returns the state before, '' = none.
local state = redis.call('HGET', K.REPLAY .. ARGV[1], 'state')
if state == 'queued' or state == 'running' then conclude(ARGV[1], 'cancelled') end
return state or ''
