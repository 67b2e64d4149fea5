#!lua flags=allow-oom
-- Messages that are due, each leased to the worker that asks: should that die, they are due again.
-- ARGV: lease µs, most. Returns name, body, tries before this one and the microsecond of its making, for each.
local taken = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', K.ALERT_MESSAGES, '-inf', whole(now), 'LIMIT', 0, ARGV[2])) do
  local message = redis.call('HMGET', K.ALERT_MESSAGE .. name, 'body', 'tries', 'created_at')
  if message[1] then
    redis.call('ZADD', K.ALERT_MESSAGES, whole(now + ARGV[1]), name)
    redis.call('HINCRBY', K.ALERT_MESSAGE .. name, 'tries', 1)
    for _, part in ipairs({name, message[1], message[2] or '0', message[3]}) do taken[#taken + 1] = part end
  else
    redis.call('ZREM', K.ALERT_MESSAGES, name)
  end
end
return taken
