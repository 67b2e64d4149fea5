#!lua flags=allow-oom
-- Publishes the companies' limits for `take`. ARGV: company, per_second, per_day, day_budget, high_room, base URL, company, …
for at = 1, #ARGV, 6 do
  redis.call('HSET', K.COMPANY .. ARGV[at], 'per_second', ARGV[at + 1], 'per_day', ARGV[at + 2],
    'day_budget', ARGV[at + 3], 'high_room', ARGV[at + 4], 'base_url', ARGV[at + 5])
  redis.call('ZADD', K.DUE, 'XX', 'LT', whole(now), ARGV[at])    -- there may be more room than there was
end
return #ARGV / 6
