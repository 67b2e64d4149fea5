-- Dead letters by their fault: every event that becomes one joins its cluster, and leaves it when it is one no more.

-- Call it when the event is dead and its fields are set. Without a fingerprint its reason is its cluster.
local function cluster_add(id)
  local event = redis.call('HMGET', K.EVENT .. id, 'cluster', 'reason', 'detail', 'rule', 'field', 'source', 'destination',
    'changed_at')
  local name = event[1] or event[2]
  if not name or redis.call('ZADD', K.CLUSTER .. name, 'NX', 0, id) == 0 then return end
  if not event[1] then redis.call('HSET', K.EVENT .. id, 'cluster', name) end
  local about = K.CLUSTER_ABOUT .. name
  redis.call('HSETNX', about, 'first_at', event[8])
  redis.call('HSET', about, 'reason', event[2], 'text', event[3] or '', 'rule', event[4] or '', 'field', event[5] or '',
    'last_at', event[8])
  redis.call('HINCRBY', about, 'from:' .. event[6], 1)
  redis.call('HINCRBY', about, 'to:' .. event[7], 1)
  redis.call('ZADD', K.CLUSTERS, event[8], name)
end

-- Call it while the event still has its old destination.
local function cluster_remove(id)
  local event = redis.call('HMGET', K.EVENT .. id, 'cluster', 'source', 'destination')
  local name = event[1]
  if not name or redis.call('ZREM', K.CLUSTER .. name, id) == 0 then return end
  redis.call('HDEL', K.EVENT .. id, 'cluster', 'field')
  local about = K.CLUSTER_ABOUT .. name
  if redis.call('EXISTS', K.CLUSTER .. name) == 0 then
    redis.call('ZREM', K.CLUSTERS, name)
    redis.call('DEL', about)
    return
  end
  for _, field in ipairs({'from:' .. event[2], 'to:' .. event[3]}) do
    if redis.call('HINCRBY', about, field, -1) <= 0 then redis.call('HDEL', about, field) end
  end
end
