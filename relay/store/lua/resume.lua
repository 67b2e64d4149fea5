#!lua flags=allow-oom
-- Ends a hold and puts held events back in front of their queue, in their order, `most` at a time.
-- A probe that passed ends no operator's pause.
-- ARGV: destination, most, 1 if a probe passed. Returns {1 if it was on hold, events moved, events still held}: call again while any are left.
local destination, most = ARGV[1], tonumber(ARGV[2])
if ARGV[3] == '1' and redis.call('HGET', K.HOLD .. destination, 'cause') == 'paused' then return {0, 0, 0} end
local was = redis.call('SREM', K.HOLDS, destination)
redis.call('DEL', K.HOLD .. destination)
if ARGV[3] == '1' then redis.call('SET', K.PROBED .. destination, 1, 'EX', 60) end
local held, moved = redis.call('LRANGE', K.HELD .. destination, -most, -1), 0
for position = #held, 1, -1 do                   -- from the youngest, each to the front: the oldest ends up first
  local id = held[position]
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'company')
  if event[1] == 'held' then
    move(id, destination, 'held', 'queued')
    enqueue(id, event[2], true)
    moved = moved + 1
  end
end
redis.call('LTRIM', K.HELD .. destination, 0, -most - 1)
return {was, moved, redis.call('LLEN', K.HELD .. destination)}
