#!lua flags=allow-oom
-- Replaces a hash field, unless another process has changed it since the caller read it.
--
-- ARGV: key, field, value that was read, new value
-- Returns 1 if the field was replaced, else 0.
if redis.call('HGET', ARGV[1], ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', ARGV[1], ARGV[2], ARGV[4])
return 1
