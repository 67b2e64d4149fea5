#!lua
-- Replays one event for a replay job and moves the job's cursor past it, in one step.
--
-- ARGV: replay id, destination of the cursor, event id, state that the event must be in, events examined up to it, most
--       replayed events of a company that may be queued, time (as RQ writes it), job data, then fields to set on the event:
--       name, value … (if it was mapped again)
-- Returns 'sent'; 'skipped' if the event no longer matches; 'full' or 'on_hold' if its company has enough replayed events
-- queued or its destination is on hold (nothing is changed); 'past' if another worker has passed it or the replay has ended.
-- Uses replays: read_open_replay, advance_cursor, count_queued_replays, end_replay; shared: replay_event.
local replay, destination, id, wanted, examined = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local most_queued = tonumber(ARGV[6])
local progress = read_open_replay(replay, destination, id, 'limit', 'replayed')
if not progress then return 'past' end
local event = redis.call('HMGET', K.EVENT .. id, 'state', 'destination', 'company', 'operation', 'replay', 'data_deleted_at')

-- The event's own `replay` field keeps a job from sending an event twice that has failed again in the meantime.
if event[1] ~= wanted or event[5] == replay or event[6] or not (event[4] or ARGV[9]) then
  advance_cursor(replay, destination, id, examined)
  redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
  redis.call('HINCRBY', K.REPLAY .. replay, 'skipped', 1)
  return 'skipped'
end

-- A new mapping may route the event to another destination, whose hold and backlog then count.
local target = {destination = event[2], company = event[3]}
for position = 9, #ARGV, 2 do target[ARGV[position]] = ARGV[position + 1] end
if redis.call('SISMEMBER', K.HOLDS, target.destination) == 1 then return 'on_hold' end
if count_queued_replays(target.company) >= most_queued then return 'full' end

replay_event(id, {state = event[1], destination = event[2]}, ARGV[8], ARGV[7], {'priority', 'replay', unpack(ARGV, 9)},
  'replay', replay)

advance_cursor(replay, destination, id, examined)
redis.call('HINCRBY', K.REPLAY .. replay, 'matched', 1)
local replayed = redis.call('HINCRBY', K.REPLAY .. replay, 'replayed', 1)
if progress[1] and replayed >= tonumber(progress[1]) then end_replay(replay, 'done') end
return 'sent'
