#!lua
-- Writes what is connected under a name, or takes it away, and tells every process that something changed.
-- ARGV: name, JSON ('' takes it away). Returns 1 when the name was connected before.
local was = redis.call('HEXISTS', K.CONNECTED, ARGV[1])
if ARGV[2] == '' then
  redis.call('HDEL', K.CONNECTED, ARGV[1])
else
  redis.call('HSET', K.CONNECTED, ARGV[1], ARGV[2])
end
redis.call('INCR', K.CONNECTED_VERSION)
return was
