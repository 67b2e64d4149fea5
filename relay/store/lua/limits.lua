#!lua flags=allow-oom
-- Publishes the companies' limits for `take`. ARGV: company, per_second, day_budget, company, …
for at = 1, #ARGV, 3 do
  redis.call('HSET', K.COMPANY .. ARGV[at], 'per_second', ARGV[at + 1], 'day_budget', ARGV[at + 2])
end
return #ARGV / 3
