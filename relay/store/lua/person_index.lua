-- Included in every script: which events and receipts contain a person's data. A person is a mark of eight bytes
-- (`relay.store.person_index`); `marks` are the marks of several people, joined.

local function for_each_mark(marks, act)
  for position = 1, #(marks or ''), 8 do act(string.sub(marks, position, position + 7)) end
end

-- The index is split by the first two bytes of the mark, so that its sorted sets stay small and compact.
local function index_key(mark)
  return K.PERSON_INDEX .. string.format('%02x%02x', string.byte(mark, 1, 2))
end

-- Indexes an event or receipt under `marks`. `key` is its hash, which stores the marks, so that they can be removed later.
local function add_marks(key, id, marks)
  local stored, source = unpack(redis.call('HMGET', key, 'marks', 'source'))
  stored = stored or ''
  local all, present = stored, {}
  for_each_mark(stored, function(mark) present[mark] = true end)
  for_each_mark(marks, function(mark)
    if present[mark] then return end
    present[mark], all = true, all .. mark
    redis.call('ZADD', index_key(mark), 0, mark .. id)
  end)
  if all == stored then return end
  redis.call('HSET', key, 'marks', all)
  change_bytes(key, source, (#all - #stored) / 8 * BYTES.mark)
end

local function remove_marks(key, id)
  for_each_mark(redis.call('HGET', key, 'marks'), function(mark) redis.call('ZREM', index_key(mark), mark .. id) end)
end

-- Call this before an event's record is deleted. The request's raw bytes may outlive the event and contain the same
-- people, so the receipt is indexed under them instead.
local function remove_event_marks(id, receipt)
  local key = K.RECEIPT .. receipt
  remove_marks(K.EVENT .. id, id)
  if redis.call('HEXISTS', key, 'raw') == 0 then return end
  add_marks(key, receipt, redis.call('HGET', K.EVENT .. id, 'marks') or '')
end

-- True if one of these people was erased at or after `occurred_at` (µs). '' means that the time is unknown, which counts
-- as before the erasure.
local function is_erased_since(marks, occurred_at)
  local erased = false
  for_each_mark(marks, function(mark)
    local erased_at = redis.call('ZSCORE', K.ERASED_PEOPLE, mark)
    erased = erased or (erased_at and (occurred_at == '' or tonumber(occurred_at) <= tonumber(erased_at)))
  end)
  return erased
end

-- Deletes a request's raw bytes and everything else in the receipt that contains personal data. The verdicts stay.
-- Returns 1 if there was something to delete.
local function erase_receipt(receipt)
  local key = K.RECEIPT .. receipt
  remove_marks(key, receipt)
  if redis.call('HDEL', key, 'raw', 'headers', 'query', 'rejections', 'content_type', 'marks') == 0 then return 0 end
  redis.call('HSET', key, 'erased_at', whole(now))
  shrink_bytes(key, redis.call('HGET', key, 'source'), BYTES.receipt + field_length(key, 'verdicts'))
  return 1
end

-- Deletes a request's raw bytes when none of its events needs them any more. What a repeated request is answered with stays.
local function delete_request(receipt, source)
  local key = K.RECEIPT .. receipt
  remove_marks(key, receipt)
  redis.call('HDEL', key, 'raw', 'headers', 'query', 'content_type', 'marks')
  redis.call('HSET', key, 'data_deleted_at', whole(now))
  shrink_bytes(key, source, BYTES.receipt + field_length(key, 'verdicts') + field_length(key, 'rejections'))
end

-- One event less needs the request that it came in: its data was deleted, or it was pruned. `needed` counts the events that
-- still do, once an event's data was deleted. A version with layout 2.0 does not count down, so it can only be too high.
local function leave_request(receipt, source)
  local key = K.RECEIPT .. receipt
  if redis.call('HEXISTS', key, 'needed') == 1 and redis.call('HINCRBY', key, 'needed', -1) <= 0 then
    delete_request(receipt, source)
  end
end
