#!lua flags=allow-oom
-- Erases what one event holds, or one receipt. Repeated, it changes nothing.
-- ARGV: erasure id, id, mark, another name for the event's ids where they tell of a person ('' = they do not), keep µs,
--       most events that the record names
-- Returns what became of it: 'erased'; 'sending' = its attempt is let finish; 'later' = it came after the erasure began;
-- 'over' = the erasure has ended.
local erasure, id, mark, alias, keep, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local record = K.ERASURE .. erasure
local asked = redis.call('HMGET', record, 'state', 'since')
if asked[1] ~= 'running' then return 'over' end

local KEPT = {}
for name in string.gmatch('state source destination company priority type item part receipt event_id received_at changed_at ' ..
  'ended_at attempts tries replays request_id erased_at was erasure into', '%S+') do KEPT[name] = true end

local function strip(key)
  local gone = {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if not KEPT[name] then gone[#gone + 1] = name end
  end
  for at = 1, #gone, 100 do redis.call('HDEL', key, unpack(gone, at, math.min(at + 99, #gone))) end
end

-- Ids that hold an address are names of keys too. What they are for, that the same event is recognised, stays.
local function rename(key, dedupe, event_id)
  if alias == '' then return end
  if dedupe and redis.call('EXISTS', K.SEEN .. dedupe) == 1 then redis.call('RENAME', K.SEEN .. dedupe, K.SEEN .. alias) end
  redis.call('SREM', K.NAMED .. event_id, id)
  redis.call('HSET', key, 'event_id', alias)
end

local function leave_lists(event)
  redis.call('ZREM', K.WAITING, id)
  redis.call('ZREM', K.AGGREGATING, id)
  redis.call('ZREM', K.RQ_SCHEDULED .. origin(id), id)
  redis.call('ZREM', K.RQ_FAILED .. origin(id), id)
  redis.call('DEL', K.RQ_JOB .. id)
  if event.session and redis.call('GET', K.SESSION .. event.session) == id then
    redis.call('DEL', K.SESSION .. event.session)
  end
end

-- The cluster that the event leaves is told by another of its dead letters from now on.
local function leave_cluster(event)
  if event.state ~= 'dead' then return end
  cluster_remove(id)
  local name = event.cluster
  local newest = name and redis.call('ZREVRANGE', K.CLUSTER .. name, 0, 0)[1]
  if not newest then return end
  redis.call('HSET', K.CLUSTER_ABOUT .. name, 'text', redis.call('HGET', K.EVENT .. newest, 'detail') or '')
end

local function erase_event(key, event)
  leave_cluster(event)
  move(id, event.destination, event.state, 'erased', 'was', event.state, 'erased_at', whole(now), 'erasure', erasure)
  redis.call('HSETNX', key, 'ended_at', whole(now))
  leave_lists(event)
  people_remove(key, id)
  rename(key, event.dedupe, event.event_id)
  strip(key)
  ended(id, keep)
  redis.call('HINCRBY', record, 'was:' .. event.state, 1)
  if redis.call('HINCRBY', record, 'events', 1) > most then return end
  redis.call('RPUSH', K.ERASURE_EVENTS .. erasure,
    table.concat({id, event.state, event.destination, event.request_id or ''}, '|'))
end

local FIELDS = {'state', 'destination', 'received_at', 'receipt', 'event_id', 'dedupe', 'cluster', 'session', 'request_id'}
local event = {}
for at, value in ipairs(redis.call('HMGET', K.EVENT .. id, unpack(FIELDS))) do event[FIELDS[at]] = value or nil end
if event.state == 'sending' then return 'sending' end
if event.received_at and tonumber(event.received_at) > tonumber(asked[2]) then return 'later' end
if event.state and event.state ~= 'erased' then erase_event(K.EVENT .. id, event) end
local receipts = receipt_erase(event.receipt or id)
if receipts > 0 then redis.call('HINCRBY', record, 'receipts', receipts) end
redis.call('ZREM', bucket_of(mark), mark .. id)  -- one whose record is gone already
return 'erased'
