#!lua flags=allow-oom
-- Deletes ended events for an operator, before their time. Their dedupe names stay, so that a retry is recognized.
--
-- ARGV: state that the events must be in, then their ids
-- Returns {events deleted, bytes that this freed}. A repeated call deletes nothing more.
-- Uses prune: prune_event; source_usage: used_bytes.
local purged, freed = 0, 0
for position = 2, #ARGV do
  local id = ARGV[position]
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'source')
  if event[1] == ARGV[1] then
    local before = used_bytes(event[2])
    prune_event(id)
    purged, freed = purged + 1, freed + before - used_bytes(event[2])
  end
end
return {purged, freed}
