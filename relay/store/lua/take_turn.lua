#!lua flags=allow-oom
-- Takes a lock, so that one worker at a time does something.
--
-- ARGV: key of the lock, µs
-- Returns 1, or 0 if another worker has it.
local held_until = tonumber(redis.call('GET', ARGV[1]) or 0)
-- Redis's clock decides when the key expires, so the value says it by the store's time too.
if held_until > now and held_until <= now + ARGV[2] then return 0 end
redis.call('SET', ARGV[1], whole(now + ARGV[2]), 'PX', whole(math.ceil(ARGV[2] / 1000)))
return 1
