-- Included in every script: how many bytes of the store each source uses. The count changes in the same step as the data,
-- so it is always the sum of what the records count. An event or receipt counts its field `bytes`. What expires by itself
-- counts until the hour is over in which it expires. Records of layout 2.0 have no such field and count nothing.

-- What one of these occupies besides its own text: tables, index entries, the job. tests/store/test_source_bytes.py compares
-- the sums with the memory that the server uses.
local BYTES = {event = 1700, receipt = 250, mark = 60, name = 130}

local function field_length(key, field) return #(redis.call('HGET', key, field) or '') end

local function used_bytes(source) return tonumber(redis.call('HGET', K.SOURCE_USAGE .. source, 'bytes')) or 0 end

local function add_usage(source, amount)
  local key = K.SOURCE_USAGE .. source
  if amount ~= 0 and redis.call('HINCRBY', key, 'bytes', amount) <= 0 then redis.call('HDEL', key, 'bytes') end
end

-- Changes what a record counts. `key` is its hash.
local function change_bytes(key, source, amount)
  local counted = tonumber(redis.call('HGET', key, 'bytes'))
  if not counted then return end
  amount = math.max(amount, -counted)
  redis.call('HINCRBY', key, 'bytes', amount)
  add_usage(source, amount)
end

-- Call this when all text of a record was deleted, apart from `rest` bytes of it.
local function shrink_bytes(key, source, rest)
  local counted = tonumber(redis.call('HGET', key, 'bytes'))
  if counted and counted > rest then change_bytes(key, source, rest - counted) end
end

-- Call this before a record is deleted.
local function release_bytes(key, source)
  add_usage(source, -(tonumber(redis.call('HGET', key, 'bytes')) or 0))
end

-- Remembers that `amount` bytes of a source expire in `seconds`. The caller adds them to the source's bytes.
local function add_expiring_bytes(source, amount, seconds)
  local hour = math.ceil((now / 1000000 + seconds) / 3600)
  if redis.call('HINCRBY', K.SOURCE_USAGE .. source, 'expires:' .. hour, amount) == amount then
    redis.call('ZADD', K.USAGE_EXPIRY, whole(hour * 3600000000), hour .. '|' .. source)
  end
end

-- The hour has passed in which these bytes expired. `member` is one of USAGE_EXPIRY.
local function release_expired_bytes(member)
  local hour, source = string.match(member, '^(%d+)|(.*)$')
  local field = 'expires:' .. hour
  add_usage(source, -(tonumber(redis.call('HGET', K.SOURCE_USAGE .. source, field)) or 0))
  redis.call('HDEL', K.SOURCE_USAGE .. source, field)
  redis.call('ZREM', K.USAGE_EXPIRY, member)
end

-- Call this when the last event of a source was deleted. A version with layout 2.0 deletes records and does not uncount
-- them; this corrects the count.
local function reset_usage(source)
  local key, rest = K.SOURCE_USAGE .. source, 0
  local fields = redis.call('HGETALL', key)
  for position = 1, #fields, 2 do
    if string.sub(fields[position], 1, 8) == 'expires:' then rest = rest + tonumber(fields[position + 1]) end
  end
  if rest > 0 then redis.call('HSET', key, 'bytes', rest) else redis.call('HDEL', key, 'bytes') end
end
