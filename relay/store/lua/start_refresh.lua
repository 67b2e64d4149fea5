#!lua flags=allow-oom
-- Starts a token refresh, and records that its refresh token is about to be spent. Repeated by the same owner, it returns
-- the same.
--
-- ARGV: destination, version to refresh, owner, µs until another worker may take over, µs between failed refreshes, most
--       tries
-- Returns 'started', or why not: 'no_tokens', 'superseded' (newer tokens were saved), 'lost', 'busy', 'too_soon'.
local key, owner = K.TOKENS .. ARGV[1], ARGV[3]
local row = redis.call('HMGET', key, 'version', 'lost', 'locked_by', 'locked_until', 'failed_at', 'tries')
if not row[1] then return 'no_tokens' end
if row[1] ~= ARGV[2] then return 'superseded' end
if row[2] then return 'lost' end
if row[3] == owner then return 'started' end
if row[4] and tonumber(row[4]) > now then return 'busy' end
if row[5] and tonumber(row[5]) > now - tonumber(ARGV[5]) then return 'too_soon' end
-- Gong accepts each refresh token once. After two requests without a response it must count as spent.
if tonumber(row[6] or 0) >= tonumber(ARGV[6]) then
  redis.call('HSET', key, 'lost', 'two token refreshes in a row got no response: the refresh token is spent')
  return 'lost'
end
redis.call('HINCRBY', key, 'tries', 1)
redis.call('HSET', key, 'locked_by', owner, 'locked_until', whole(now + tonumber(ARGV[4])))
redis.call('ZADD', K.TOKEN_REFRESHES, whole(now + tonumber(ARGV[4])), ARGV[1])     -- in case this worker dies
return 'started'
