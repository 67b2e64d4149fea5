#!lua flags=allow-oom
-- Ends a hold and puts held events back in front of their queues, in their order, `most` at a time.
-- A probe that passed ends no operator's pause.
-- ARGV: destination, most, 1 if a probe passed. Returns {1 if it was on hold, events moved, events still held}: call again while any are left.
local destination, most = ARGV[1], tonumber(ARGV[2])
local hold = redis.call('HMGET', K.HOLD .. destination, 'cause', 'since', 'detail')
if ARGV[3] == '1' and hold[1] == 'paused' then return {0, 0, 0} end
local was = redis.call('SREM', K.HOLDS, destination)
if was == 1 then
  local key = K.HOLD_HISTORY .. destination
  redis.call('LPUSH', key, table.concat({hold[2] or whole(now), whole(now), hold[1] or '', hold[3] or ''}, '|'))
  redis.call('LTRIM', key, 0, 49)
end
redis.call('DEL', K.HOLD .. destination)
if ARGV[3] == '1' then redis.call('SET', K.PROBED .. destination, 1, 'EX', 60) end
local held, moved = redis.call('LRANGE', K.HELD .. destination, -most, -1), 0
for position = #held, 1, -1 do                   -- from the youngest, each to the front: the oldest ends up first
  local id = held[position]
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'company', 'source', 'priority')
  if event[1] == 'on_hold' then
    move(id, destination, 'on_hold', 'queued')
    enqueue(id, event[2], event[3], event[4], true)
    moved = moved + 1
  end
end
redis.call('LTRIM', K.HELD .. destination, 0, -most - 1)
return {was, moved, redis.call('LLEN', K.HELD .. destination)}
