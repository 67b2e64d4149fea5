#!lua flags=allow-oom
-- Leases the alert messages that are due. If the worker dies, they are due again when the lease ends.
--
-- ARGV: lease µs, most messages
-- Returns a flat list: name, body, earlier tries and creation time (µs) of each message.
local leased = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', K.ALERT_MESSAGES, '-inf', whole(now), 'LIMIT', 0, ARGV[2])) do
  local message = redis.call('HMGET', K.ALERT_MESSAGE .. name, 'body', 'tries', 'created_at')
  if message[1] then
    redis.call('ZADD', K.ALERT_MESSAGES, whole(now + ARGV[1]), name)
    redis.call('HINCRBY', K.ALERT_MESSAGE .. name, 'tries', 1)
    for _, part in ipairs({name, message[1], message[2] or '0', message[3]}) do leased[#leased + 1] = part end
  else
    redis.call('ZREM', K.ALERT_MESSAGES, name)   -- its body is gone, so nothing could be sent
  end
end
return leased
