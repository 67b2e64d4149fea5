#!lua flags=allow-oom
-- Replaces one sealed text by the same under another key, unless somebody has written a new one since.
-- ARGV: key, field, sealed before, sealed now. Returns 1 when it was replaced.
if redis.call('HGET', ARGV[1], ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', ARGV[1], ARGV[2], ARGV[4])
return 1
