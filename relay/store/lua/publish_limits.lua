#!lua flags=allow-oom
-- Saves the companies' limits from the configuration, for `lease_events`.
--
-- ARGV: for each destination: company, per_second, per_day, daily_budget, high_priority_reserve, base URL
-- Returns the number of destinations.
for position = 1, #ARGV, 6 do
  redis.call('HSET', K.COMPANY .. ARGV[position], 'per_second', ARGV[position + 1], 'per_day', ARGV[position + 2],
    'daily_budget', ARGV[position + 3], 'high_priority_reserve', ARGV[position + 4], 'base_url', ARGV[position + 5])
  redis.call('ZADD', K.DUE, 'XX', 'LT', whole(now), ARGV[position])    -- the new limits may allow a call now
end
return #ARGV / 6
