#!lua flags=allow-oom
-- Begins a renewal, and writes down that its refresh token is about to be spent. Repeated by the same owner it says the same.
-- ARGV: destination, version to renew, owner, µs until another may take over, µs between failures, most tries
-- Returns 'begun', or why not: 'gone', 'newer', 'lost', 'busy', 'soon'.
local key, owner = K.TOKENS .. ARGV[1], ARGV[3]
local row = redis.call('HMGET', key, 'version', 'lost', 'locked_by', 'locked_until', 'failed_at', 'tries')
if not row[1] then return 'gone' end
if row[1] ~= ARGV[2] then return 'newer' end
if row[2] then return 'lost' end
if row[3] == owner then return 'begun' end
if row[4] and tonumber(row[4]) > now then return 'busy' end
if row[5] and tonumber(row[5]) > now - tonumber(ARGV[5]) then return 'soon' end
if tonumber(row[6] or 0) >= tonumber(ARGV[6]) then
  redis.call('HSET', key, 'lost', 'no answer to a renewal arrived, twice: the refresh token is spent')
  return 'lost'
end
redis.call('HINCRBY', key, 'tries', 1)
redis.call('HSET', key, 'locked_by', owner, 'locked_until', whole(now + tonumber(ARGV[4])))
redis.call('ZADD', K.RENEWALS, whole(now + tonumber(ARGV[4])), ARGV[1])      -- should its worker die now
return 'begun'
