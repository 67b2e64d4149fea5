#!lua flags=allow-oom
-- What a look has brought: the alerts as they are now, what is over, and the messages, all of it or nothing.
-- ARGV: version that the look began with, memory, most messages, number of alerts that are over, each of them,
-- then receiver, message id and body of each message.
-- Returns {whether it was taken, messages left out}. Not taken: another worker has looked meanwhile.
if (redis.call('HGET', K.ALERTS, 'version') or '0') ~= ARGV[1] then return {0, 0} end
redis.call('HSET', K.ALERTS, 'version', whole(tonumber(ARGV[1]) + 1), 'memory', ARGV[2])
local first = 5 + tonumber(ARGV[4])
for at = 5, first - 1 do redis.call('LPUSH', K.ALERTS_OVER, ARGV[at]) end
redis.call('LTRIM', K.ALERTS_OVER, 0, 199)
local left_out = 0
for at = first, #ARGV, 3 do
  local name = ARGV[at] .. '|' .. ARGV[at + 1]
  if redis.call('ZCARD', K.ALERT_MESSAGES) >= tonumber(ARGV[3]) then
    left_out = left_out + 1
  elseif redis.call('ZADD', K.ALERT_MESSAGES, 'NX', whole(now), name) == 1 then
    redis.call('HSET', K.ALERT_MESSAGE .. name, 'body', ARGV[at + 2], 'created_at', whole(now))
  end
end
return {1, left_out}
