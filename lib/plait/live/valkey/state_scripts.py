"""Lua scripts of live state, so that every read and write is atomic.

KEYS[1] is the prefix of all other keys, and KEYS[2] names the active base v. The keys are:
- `b<v>:s` person -> record, `b<v>:a` account -> person, `b<v>:m` person -> its accounts, `b<v>:t`
  retired person -> survivor, `b<v>:o` person -> since, `b<v>:h` person -> items of events that the
  record does not hold, one per line;
- `e:<account>` its latest item events in history order, `h:<account>` item -> stream id of events
  that no longer fit there, `active` the accounts with such events;
- `x:<event id>` accepted event ids, `events`, `links` and `erasures` the
  streams;
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

# ARGV: person or '', account or '', platform or '', three per lookup. Returns the base's name
# ('' for none), then one result per lookup.
READ_PEOPLE = (
    PRELUDE
    + """
local results = {base or ''}
for i = 1, #ARGV, 3 do
  local person, requested = ARGV[i], ''
  if ARGV[i + 1] ~= '' then requested = ARGV[i + 1] .. '\\t' .. ARGV[i + 2] end
  if person == '' then person = owner(ARGV[i + 1])
  -- The account from which an erased id was made belongs to somebody else now.
  elseif requested ~= '' and own(ARGV[i + 1]) ~= person then requested = '' end
  person = survivor(person)
  local entries, records, recent, had = accounts_of(person, requested), {}, {}, {}
  local seen = {}
  for _, entry in ipairs(entries) do
    local account = bare(entry)
    local part = owner(account)
    if base and not had[part] then
      had[part] = true
      local record = redis.call('HGET', b('s'), part)
      if record then records[#records + 1] = record end
      local others = redis.call('HGET', b('h'), part)
      if others then seen[#seen + 1] = others end
    end
    for _, member in ipairs(redis.call('ZRANGE', ns .. 'e:' .. account, 0, -1)) do
      recent[#recent + 1] = member
    end
    for _, item in ipairs(redis.call('HKEYS', ns .. 'h:' .. account)) do
      seen[#seen + 1] = item
    end
  end
  results[#results + 1] = {person, entries, records, recent, seen}
end
return results
"""
)

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
