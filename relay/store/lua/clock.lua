-- The moment of this script, by Redis's clock.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]        -- microseconds
local function whole(number) return string.format('%.0f', number) end
