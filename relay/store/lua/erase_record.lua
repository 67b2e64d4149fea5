#!lua flags=allow-oom
-- Erases the personal data in one event and its receipt, or in one receipt. A repeated call changes nothing.
--
-- ARGV: erasure id, id, mark, alias for the event's ids if they contain personal data ('' = they do not), keep µs, most
--       events that the erasure's record lists
-- Returns 'erased'; 'sending' if the event is being sent (it is erased after that); 'newer' if it arrived after the erasure
-- started; 'ended' if the erasure has ended.
-- Uses shared: move_event, schedule_pruning, event_queue_name, id_owner_key; clusters: remove_from_cluster; person_index:
-- remove_marks, erase_receipt, index_key; source_usage: shrink_bytes.
local erasure, id, mark, alias, keep, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local record = K.ERASURE .. erasure
local progress = redis.call('HMGET', record, 'state', 'since')
if progress[1] ~= 'running' then return 'ended' end

-- All other fields of the event are deleted. A list of what stays also covers fields that are added later.
local KEPT = {}
for name in string.gmatch('state source destination company priority type item part receipt event_id received_at changed_at ' ..
  'ended_at attempts tries replays request_id erased_at state_before erasure carrier bytes data_deleted_at', '%S+') do KEPT[name] = true end

local function remove_fields(key)
  local removed = {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if not KEPT[name] then removed[#removed + 1] = name end
  end
  -- In groups, because Lua limits how many values `unpack` returns.
  for position = 1, #removed, 100 do
    redis.call('HDEL', key, unpack(removed, position, math.min(position + 99, #removed)))
  end
end

-- An older version of the relay used ids that contain personal data as parts of keys. Under the alias the event is still
-- recognized as a duplicate.
local function rename_ids(key, dedupe, event_id)
  if alias == '' then return end
  local event = redis.call('HMGET', key, 'company', 'source')
  local owner_key = id_owner_key(event[1], event_id, event[2], '')
  if owner_key and redis.call('GET', owner_key) == event[2] then redis.call('DEL', owner_key) end
  if dedupe and redis.call('EXISTS', K.DEDUPE .. dedupe) == 1 then
    redis.call('RENAME', K.DEDUPE .. dedupe, K.DEDUPE .. alias)
  end
  redis.call('SREM', K.BY_EVENT_ID .. event_id, id)
  redis.call('HSET', key, 'event_id', alias)
end

local function remove_from_queues(event)
  redis.call('ZREM', K.RETRIES, id)
  redis.call('ZREM', K.AGGREGATING, id)
  redis.call('ZREM', K.RQ_SCHEDULED .. event_queue_name(id), id)
  redis.call('ZREM', K.RQ_FAILED .. event_queue_name(id), id)
  redis.call('DEL', K.RQ_JOB .. id)
  if event.session and redis.call('GET', K.SESSION .. event.session) == id then
    redis.call('DEL', K.SESSION .. event.session)
  end
end

-- The cluster's text may quote this event, so it is replaced by that of the newest dead letter that remains.
local function leave_cluster(event)
  if event.state ~= 'dead' then return end
  remove_from_cluster(id)
  local name = event.cluster
  local newest = name and redis.call('ZREVRANGE', K.CLUSTER .. name, 0, 0)[1]
  if not newest then return end
  redis.call('HSET', K.CLUSTER_INFO .. name, 'text', redis.call('HGET', K.EVENT .. newest, 'detail') or '')
end

local function erase_event(key, event)
  leave_cluster(event)
  move_event(id, event.destination, event.state, 'erased', 'state_before', event.state, 'erased_at', whole(now),
    'erasure', erasure)
  redis.call('HSETNX', key, 'ended_at', whole(now))
  remove_from_queues(event)
  remove_marks(key, id)
  rename_ids(key, event.dedupe, event.event_id)
  remove_fields(key)
  shrink_bytes(key, event.source, BYTES.event)
  schedule_pruning(id, keep)
  redis.call('HINCRBY', record, 'state:' .. event.state, 1)
  if redis.call('HINCRBY', record, 'events', 1) > most then return end
  redis.call('RPUSH', K.ERASURE_EVENTS .. erasure,
    table.concat({id, event.state, event.destination, event.request_id or ''}, '|'))
end

local FIELDS = {'state', 'source', 'destination', 'received_at', 'receipt', 'event_id', 'dedupe', 'cluster', 'session', 'request_id'}
local event = {}
for position, value in ipairs(redis.call('HMGET', K.EVENT .. id, unpack(FIELDS))) do event[FIELDS[position]] = value or nil end
if event.state == 'sending' then return 'sending' end
if event.received_at and tonumber(event.received_at) > tonumber(progress[2]) then return 'newer' end
if event.state and event.state ~= 'erased' then erase_event(K.EVENT .. id, event) end
local receipts = erase_receipt(event.receipt or id)
if receipts > 0 then redis.call('HINCRBY', record, 'receipts', receipts) end
redis.call('ZREM', index_key(mark), mark .. id)  -- its record may have been pruned already
return 'erased'
