#!lua
-- Sends one event again for a replay, and moves its cursor past it: both or neither.
-- ARGV: replay id, destination whose cursor this is, event id, state it must be in, events examined up to it, the most
--       replayed events of a company that may be queued, moment (as RQ writes it), job data,
--       and fields to set on the event: name, value … (a body mapped anew)
-- Returns 'sent'; 'skipped': it is no longer what the replay is for; 'full' or 'on_hold': its company has enough of them
-- queued, or its destination is on hold, and nothing was changed; 'past': another worker was here, or the replay ended.
local replay, track, id, wanted, examined, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local told = standing(replay, track, id, 'limit', 'replayed')
if not told then return 'past' end
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'operation', 'replay')

if event[1] ~= wanted or event[5] == replay or not (event[4] or ARGV[9]) then
  advance(replay, track, id, examined)
  redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
  redis.call('HINCRBY', K.REPLAY .. replay, 'skipped', 1)
  return 'skipped'
end

local anew = {destination = event[2], company = event[3]}
for at = 9, #ARGV, 2 do anew[ARGV[at]] = ARGV[at + 1] end
if redis.call('SISMEMBER', K.HOLDS, anew.destination) == 1 then return 'on_hold' end
if replays_queued(anew.company) >= most then return 'full' end

send_again(id, {state = event[1], destination = event[2]}, ARGV[8], ARGV[7], {'priority', 'replay', unpack(ARGV, 9)},
  'replay', replay)

advance(replay, track, id, examined)
redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
local replayed = redis.call('HINCRBY', K.REPLAY .. replay, 'replayed', 1)
if told[1] and replayed >= tonumber(told[1]) then conclude(replay, 'done') end
return 'sent'
