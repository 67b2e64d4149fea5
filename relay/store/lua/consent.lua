#!lua
-- Takes a consent that Gong sent back: the state goes, and so does the ticket; the sealed code waits for a worker.
-- ARGV: SHA-256 of the state, SHA-256 of the browser's cookie, consent id, sealed code ('' = refused), s to keep it
-- Returns 'taken', or why not: 'no_state' (unknown, used or expired), 'foreign' (another browser), 'used' (the ticket).
local from, to = K.CONSENTING .. ARGV[1], K.CONSENT .. ARGV[3]
if redis.call('EXISTS', to) == 1 then return 'taken' end         -- the same request again
local row = redis.call('HMGET', from, 'browser', 'ticket', 'invitation')
if not row[1] then return 'no_state' end
redis.call('DEL', from)
if row[1] ~= ARGV[2] then return 'foreign' end
if ARGV[4] == '' then return 'taken' end                         -- the link is still good for another try
if row[2] ~= '' and redis.call('DEL', K.TICKET .. row[2]) == 0 then return 'used' end
redis.call('HSET', to, 'invitation', row[3], 'code', ARGV[4], 'status', 'waiting', 'at', whole(now))
redis.call('EXPIRE', to, ARGV[5])
redis.call('ZADD', K.CONSENTS, whole(now), ARGV[3])
return 'taken'
