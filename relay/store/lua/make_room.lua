#!lua flags=allow-oom
-- Deletes ended events before their time, in the order in which they would be pruned. Dead letters stay: no other system may
-- have them. The dedupe names stay too, so that a repeated event is recognized.
--
-- ARGV: how many events of that order to pass over, most events to examine
-- Returns {events deleted, dead letters passed over}. {0, 0}: there are no more.
-- Uses prune: prune_event.
local first, deleted, passed = tonumber(ARGV[1]), 0, 0
for _, id in ipairs(redis.call('ZRANGE', K.EXPIRY, first, first + tonumber(ARGV[2]) - 1)) do
  if redis.call('HGET', K.EVENT .. id, 'state') == 'dead' then
    passed = passed + 1
  else
    prune_event(id)
    deleted = deleted + 1
  end
end
return {deleted, passed}
