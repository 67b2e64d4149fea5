-- Included in every script: dead letters grouped by their problem. An event joins its cluster when it becomes a dead
-- letter and leaves it when it is one no longer.

-- Call this when the event is dead and its fields are set. An event without a fingerprint is clustered by its reason.
local function add_to_cluster(id)
  local event = redis.call('HMGET', K.EVENT .. id, 'cluster', 'reason', 'detail', 'rule', 'field', 'source', 'destination',
    'changed_at')
  local name = event[1] or event[2]
  if not name or redis.call('ZADD', K.CLUSTER .. name, 'NX', 0, id) == 0 then return end
  if not event[1] then redis.call('HSET', K.EVENT .. id, 'cluster', name) end
  local info = K.CLUSTER_INFO .. name
  redis.call('HSETNX', info, 'first_at', event[8])
  redis.call('HSET', info, 'reason', event[2], 'text', event[3] or '', 'rule', event[4] or '', 'field', event[5] or '',
    'last_at', event[8])
  redis.call('HINCRBY', info, 'from:' .. event[6], 1)
  redis.call('HINCRBY', info, 'to:' .. event[7], 1)
  redis.call('ZADD', K.CLUSTERS, event[8], name)
end

-- Call this while the event still has its old destination, which the counts of the cluster refer to.
local function remove_from_cluster(id)
  local event = redis.call('HMGET', K.EVENT .. id, 'cluster', 'source', 'destination')
  local name = event[1]
  if not name or redis.call('ZREM', K.CLUSTER .. name, id) == 0 then return end
  redis.call('HDEL', K.EVENT .. id, 'cluster', 'field')
  local info = K.CLUSTER_INFO .. name
  if redis.call('EXISTS', K.CLUSTER .. name) == 0 then
    redis.call('ZREM', K.CLUSTERS, name)
    redis.call('DEL', info)
    return
  end
  for _, field in ipairs({'from:' .. event[2], 'to:' .. event[3]}) do
    if redis.call('HINCRBY', info, field, -1) <= 0 then redis.call('HDEL', info, field) end
  end
end
