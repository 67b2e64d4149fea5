#!lua
-- Accepts the consent that Gong sent a browser back with. The OAuth state and the ticket are spent; the sealed code waits
-- for a worker to exchange it.
--
-- ARGV: SHA-256 of the state, SHA-256 of the browser's cookie, consent id, sealed code ('' = the customer declined),
--       seconds to keep the consent
-- Returns 'accepted', or why not: 'unknown_state' (unknown, used or expired), 'other_browser', 'link_used' (its ticket).
local from, to = K.CONSENT_REQUEST .. ARGV[1], K.CONSENT .. ARGV[3]
if redis.call('EXISTS', to) == 1 then return 'accepted' end      -- the same request again
local request = redis.call('HMGET', from, 'browser', 'ticket', 'invitation')
if not request[1] then return 'unknown_state' end
redis.call('DEL', from)
if request[1] ~= ARGV[2] then return 'other_browser' end
if ARGV[4] == '' then return 'accepted' end                      -- keep the ticket, so that the customer can try again
if request[2] ~= '' and redis.call('DEL', K.CONNECT_TICKET .. request[2]) == 0 then return 'link_used' end
redis.call('HSET', to, 'invitation', request[3], 'code', ARGV[4], 'status', 'waiting', 'at', whole(now))
redis.call('EXPIRE', to, ARGV[5])
redis.call('ZADD', K.CONSENTS, whole(now), ARGV[3])
return 'accepted'
