#!lua
-- Counts the replayed events of each company that are queued.
--
-- ARGV: companies
-- Returns one number per company, in that order.
-- Uses replays: count_queued_replays.
local queued = {}
for position, company in ipairs(ARGV) do queued[position] = count_queued_replays(company) end
return queued
