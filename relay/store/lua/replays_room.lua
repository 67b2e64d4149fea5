#!lua
-- How many replayed events of each company are queued. ARGV: companies. Returns a figure for each.
local queued = {}
for at, company in ipairs(ARGV) do queued[at] = replays_queued(company) end
return queued
