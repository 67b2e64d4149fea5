-- Included in `sweep`, `purge` and `make_room`: deleting an ended event.

-- Deletes what is left of a receipt with its last event.
local function delete_receipt(receipt, source)
  local key = K.RECEIPT .. receipt
  remove_marks(key, receipt)
  release_bytes(key, source)
  redis.call('DEL', key)
  if redis.call('EXISTS', K.BY_SOURCE .. source) == 0 then reset_usage(source) end
end

-- Deletes an ended event, and its receipt with the last of the receipt's events.
local function prune_event(id)
  redis.call('ZREM', K.EXPIRY, id)
  local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'source', 'company', 'receipt', 'priority',
    'data_deleted_at')
  if not event[1] then return end
  local source, receipt = event[3], event[5]
  if event[1] == 'dead' then remove_from_cluster(id) end
  redis.call('ZREM', K.BY_STATE .. event[2] .. ':' .. event[1], id)
  redis.call('ZREM', K.BY_SOURCE .. source, id)
  redis.call('ZREM', K.EVENTS, id)
  redis.call('ZREM', K.RQ_FAILED .. queue_name(event[4], source, event[6]), id)
  remove_event_marks(id, receipt)
  release_bytes(K.EVENT .. id, source)
  redis.call('DEL', K.EVENT .. id, K.RQ_JOB .. id)
  if redis.call('HINCRBY', K.RECEIPT .. receipt, 'open', -1) <= 0 then return delete_receipt(receipt, source) end
  if not event[7] then leave_request(receipt, source) end
end
