#!lua flags=allow-oom
-- Saves the result of an alert check in one step: the new state, the resolved alerts, and the messages to send.
--
-- ARGV: version that the check started from, new state (JSON), most pending messages, number of resolved alerts, each of
--       them (JSON), then receiver, message id and body of each message
-- Returns {1 if saved, messages dropped}. {0, 0} if another worker has saved a check since that version.
if (redis.call('HGET', K.ALERTS, 'version') or '0') ~= ARGV[1] then return {0, 0} end
redis.call('HSET', K.ALERTS, 'version', whole(tonumber(ARGV[1]) + 1), 'state', ARGV[2])
local first = 5 + tonumber(ARGV[4])
for position = 5, first - 1 do redis.call('LPUSH', K.ALERTS_RESOLVED, ARGV[position]) end
redis.call('LTRIM', K.ALERTS_RESOLVED, 0, 199)   -- the newest 200 are kept
local dropped = 0
for position = first, #ARGV, 3 do
  local name = ARGV[position] .. '|' .. ARGV[position + 1]
  if redis.call('ZCARD', K.ALERT_MESSAGES) >= tonumber(ARGV[3]) then
    dropped = dropped + 1
  elseif redis.call('ZADD', K.ALERT_MESSAGES, 'NX', whole(now), name) == 1 then
    redis.call('HSET', K.ALERT_MESSAGE .. name, 'body', ARGV[position + 2], 'created_at', whole(now))
  end
end
return {1, dropped}
