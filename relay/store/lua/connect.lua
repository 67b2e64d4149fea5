#!lua
-- Saves a destination that was connected at run time, and makes every process read them again.
--
-- ARGV: name, JSON of the destination
-- Returns 1 if the name was already connected, else 0.
local existed = redis.call('HEXISTS', K.CONNECTED, ARGV[1])
redis.call('HSET', K.CONNECTED, ARGV[1], ARGV[2])
redis.call('INCR', K.CONNECTED_VERSION)
return existed
