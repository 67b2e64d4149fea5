-- Included in every script: the time of this call by Redis's clock, so that all processes share one clock.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]        -- microseconds
-- Lua would write large numbers in exponent form.
local function whole(number) return string.format('%.0f', number) end
