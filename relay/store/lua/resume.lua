#!lua flags=allow-oom
-- Ends a hold and puts its events back at the front of their queues, in their order, some at a time.
--
-- ARGV: destination, most events to move, 1 if a probe passed
-- Returns {1 if the destination was on hold, events moved, events left}. Call it again while events are left.
-- Uses shared: move_event, enqueue.
local destination, most = ARGV[1], tonumber(ARGV[2])
local hold = redis.call('HMGET', K.HOLD .. destination, 'cause', 'since', 'detail')
-- An operator may pause while a probe is in flight. The probe must not end that pause.
if ARGV[3] == '1' and hold[1] == 'paused' then return {0, 0, 0} end
local was_on_hold = redis.call('SREM', K.HOLDS, destination)
if was_on_hold == 1 then
  local key = K.HOLD_HISTORY .. destination
  redis.call('LPUSH', key, table.concat({hold[2] or whole(now), whole(now), hold[1] or '', hold[3] or ''}, '|'))
  redis.call('LTRIM', key, 0, 49)
end
redis.call('DEL', K.HOLD .. destination)
if ARGV[3] == '1' then redis.call('SET', K.PROBE_PASSED .. destination, 1, 'EX', 60) end
local waiting, moved = redis.call('LRANGE', K.ON_HOLD .. destination, -most, -1), 0
for position = #waiting, 1, -1 do                -- from the newest, each to the front: the oldest ends up first
  local id = waiting[position]
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'company', 'source', 'priority')
  if event[1] == 'on_hold' then                  -- else it was discarded or erased in the meantime
    move_event(id, destination, 'on_hold', 'queued')
    enqueue(id, event[2], event[3], event[4], true)
    moved = moved + 1
  end
end
redis.call('LTRIM', K.ON_HOLD .. destination, 0, -most - 1)
return {was_on_hold, moved, redis.call('LLEN', K.ON_HOLD .. destination)}
