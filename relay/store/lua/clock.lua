-- Included in every script: the store's time. It is the time of Redis's clock, so that all processes share one clock. But it
-- goes on when that clock is set back, and it follows a step forward only once that has lasted (docs/decisions, 0028).
local clock = redis.call('TIME')
local server_time = clock[1] * 1000000 + clock[2]        -- microseconds
-- Lua would write large numbers in exponent form.
local function whole(number) return string.format('%.0f', number) end

-- The last argument is the time (µs) since this process had its last script run; '' if none ran. By the process's own clock,
-- which measures durations and is never set.
local since_last_run = table.remove(ARGV)
local note, offset = redis.call('GET', K.CLOCK), 0
local at = tonumber(note)                        -- the offset is left out while it is 0, to save every script a match
if note and not at then
  at, offset = string.match(note, '^(%d+) (%-?%d+)$')
  at, offset = tonumber(at), tonumber(offset)
end

-- Once a second. Scripts in between use the same offset. Not a function, because each would cost every script some time.
if not at or server_time < at or server_time >= at + 1000000 then
  local SMALL, LONGEST_DOUBT = 2000000, 86400000000      -- µs
  -- A command may wait this long in a slow server. So a step forward that is shorter does not show.
  local LONGEST_WAIT = 10000000
  local passed = server_time - (at or server_time)
  local step = passed < 0 and passed or 0
  since_last_run = tonumber(since_last_run)
  if since_last_run and passed > since_last_run + LONGEST_WAIT then step = passed - since_last_run end
  if step ~= 0 then
    offset = offset - step
    -- In doubt for as long as the step is long: what it makes due too early is due by itself by then.
    local doubt = math.min(math.max(-offset, 0), LONGEST_DOUBT)
    redis.call('HSET', K.CLOCK_STEP, 'doubted_until', whole(server_time + doubt))
    if math.abs(step) >= SMALL then
      redis.call('HSET', K.CLOCK_STEP, 'at', whole(server_time + offset), 'to', whole(server_time), 'step', whole(step))
    end
  elseif offset > 0 then
    offset = math.max(0, offset - math.floor(passed / 10))
  elseif offset < 0 then
    local doubted_until = tonumber(redis.call('HGET', K.CLOCK_STEP, 'doubted_until') or 0)
    if offset > -SMALL or server_time >= doubted_until then offset = 0 end
  end
  redis.call('SET', K.CLOCK, offset == 0 and whole(server_time) or whole(server_time) .. ' ' .. whole(offset))
end

local now = server_time + offset
