-- Whom events and receipts tell of. `marks` are the marks of people, of eight bytes each, one after the other.

local function each_mark(marks, act)
  for at = 1, #(marks or ''), 8 do act(string.sub(marks, at, at + 7)) end
end

local function bucket_of(mark)
  return K.PEOPLE .. string.format('%02x%02x', string.byte(mark, 1, 2))
end

-- `key` is the hash of what `id` names, where the marks stand too: so it is known later what to take away.
local function people_add(key, id, marks)
  local known = redis.call('HGET', key, 'people') or ''
  local all, seen = known, {}
  each_mark(known, function(mark) seen[mark] = true end)
  each_mark(marks, function(mark)
    if seen[mark] then return end
    seen[mark], all = true, all .. mark
    redis.call('ZADD', bucket_of(mark), 0, mark .. id)
  end)
  if all ~= known then redis.call('HSET', key, 'people', all) end
end

local function people_remove(key, id)
  each_mark(redis.call('HGET', key, 'people'), function(mark) redis.call('ZREM', bucket_of(mark), mark .. id) end)
end

-- An event's record goes. What is left of its request's bytes may tell of its people still.
local function people_leave(id, receipt)
  local key = K.RECEIPT .. receipt
  people_remove(K.EVENT .. id, id)
  if redis.call('HEXISTS', key, 'raw') == 0 then return end
  people_add(key, receipt, redis.call('HGET', K.EVENT .. id, 'people') or '')
end

-- Whether one of these people was erased after this moment (µs; '' = it is not told, which counts as before).
local function erased_since(marks, moment)
  local since = false
  each_mark(marks, function(mark)
    local erased = redis.call('ZSCORE', K.ERASED, mark)
    since = since or (erased and (moment == '' or tonumber(moment) <= tonumber(erased)))
  end)
  return since
end

-- The bytes of a request go, with all that tells of them. What became of its events stays.
local function receipt_erase(receipt)
  local key = K.RECEIPT .. receipt
  people_remove(key, receipt)
  if redis.call('HDEL', key, 'raw', 'headers', 'query', 'rejections', 'content_type', 'people') == 0 then return 0 end
  redis.call('HSET', key, 'erased_at', whole(now))
  return 1
end
