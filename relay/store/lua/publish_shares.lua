#!lua flags=allow-oom
-- Saves the shares of sources from the configuration, for `lease_events`. They replace all earlier ones.
--
-- ARGV: number of fields and values, field of SOURCE_SHARES, share, field, share …, then the companies of the configuration
-- Returns 1.
-- Uses shared: resume_turns.
local last = 1 + tonumber(ARGV[1])
redis.call('DEL', K.SOURCE_SHARES)
for position = 2, last, 2 do redis.call('HSET', K.SOURCE_SHARES, ARGV[position], ARGV[position + 1]) end
-- The new shares may have room now.
for position = last + 1, #ARGV do
  resume_turns(ARGV[position], '+inf')
  redis.call('ZADD', K.DUE, 'XX', 'LT', whole(now), ARGV[position])
end
return 1
