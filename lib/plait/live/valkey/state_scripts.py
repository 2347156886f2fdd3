"""Lua scripts of live state, so that every read and write is atomic.

KEYS[1] is the prefix of all other keys, and KEYS[2] names the active base v. The keys are:
- `b<v>:s` person -> record, `b<v>:a` account -> person, `b<v>:m` person -> its accounts, `b<v>:t`
  retired person -> survivor, `b<v>:o` person -> since, `b<v>:h` person -> items of events that the
  record does not hold, one per line;
- `e:<account>` its latest item events in history order, `h:<account>` item -> stream id of events
  that no longer fit there, `active` the accounts with such events;
- `x:<event id>` accepted event ids, `events`, `links`, `erasures` and `consents` the streams;
- `gone` what was erased, see erase_scripts;
- `r` person -> the person it was linked into since the base, `g:<person>` that person's accounts,
  `roots` the people with a `g`.
An account is written `<pseudonym> TAB <platform>` where its platform matters.
"""

from __future__ import annotations

PRELUDE = """
local ns = KEYS[1]
local base = redis.call('GET', KEYS[2])
local function b(kind) return ns .. 'b' .. base .. ':' .. kind end
local function mark(id) return redis.sha1hex('plait erased\\0' .. id) end
local function erased(id) return redis.call('HGET', ns .. 'gone', mark(id)) end
-- The person id that is made from an account: another one after an erasure, see person_after.
local function own(account)
  local gone = erased(account)
  if not gone then return 'p_' .. string.sub(account, -32) end
  local hash = redis.sha1hex(string.match(gone, '%S+$') .. '\\0' .. account)
  return 'p_' .. string.sub(hash, 1, 32)
end
local function owner(account)
  local person = base and redis.call('HGET', b('a'), account)
  return person or own(account)
end
local function survivor(person)
  for _ = 1, 64 do
    local heir = redis.call('HGET', ns .. 'r', person)
      or (base and redis.call('HGET', b('t'), person))
    if not heir then return person end
    person = heir
  end
  return person
end
local function accounts_of(person, requested)
  local linked = redis.call('SMEMBERS', ns .. 'g:' .. person)
  if #linked > 0 then table.sort(linked) return linked end
  local joined = base and redis.call('HGET', b('m'), person)
  local found = {}
  if joined then
    for entry in string.gmatch(joined, '[^\\n]+') do found[#found + 1] = entry end
  elseif requested ~= '' then
    found[1] = requested
  end
  return found
end
local function bare(entry) return string.match(entry, '^[^\\t]*') end
"""

# ARGV: events kept per account, seconds for which an event id is remembered, items kept of older
# events; then five per event: event id, account, score, member ('' if it is not an item event),
# stream entry. Returns 1 for each new event and 0 for each duplicate. An event up to the time of
# an erasure of its account counts as a duplicate.
APPEND_EVENTS = """
local ns, keep, remembered = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local accepted = {}
local any = redis.call('EXISTS', ns .. 'gone') == 1
local function mark(id) return redis.sha1hex('plait erased\\0' .. id) end
local function is_erased(account, score)
  local gone = any and redis.call('HGET', ns .. 'gone', mark(account))
  return gone and tonumber(score) <= tonumber(string.match(gone, '^%d+'))
end
for i = 4, #ARGV, 5 do
  local fresh = not is_erased(ARGV[i + 1], ARGV[i + 2])
    and redis.call('SET', ns .. 'x:' .. ARGV[i], 1, 'NX', 'EX', remembered)
  accepted[#accepted + 1] = fresh and 1 or 0
  if fresh then
    local id = redis.call('XADD', ns .. 'events', '*', 'e', ARGV[i + 4])
    if ARGV[i + 3] ~= '' then
      local recent = ns .. 'e:' .. ARGV[i + 1]
      redis.call('ZADD', recent, ARGV[i + 2], ARGV[i + 3] .. '\\n' .. id)
      local had = ns .. 'h:' .. ARGV[i + 1]
      for _, member in ipairs(redis.call('ZRANGE', recent, 0, -keep - 1)) do
        local item, at = string.match(member, '^[^\\n]*\\n[^\\n]*\\n([^\\n]*)\\n.*\\n(%d+%-%d+)$')
        if item and redis.call('HLEN', had) < tonumber(ARGV[3]) then
          redis.call('HSET', had, item, at)
        end
        redis.call('ZREM', recent, member)
      end
      redis.call('SADD', ns .. 'active', ARGV[i + 1])
    end
  end
end
return accepted
"""
