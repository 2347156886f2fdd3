"""Lua scripts that erase people, see state_scripts and link_scripts.

In addition to the keys there: `gone` is mark -> `<time> <erased> <stream id> <receipt>` of every
erased id (see FEEDBACK_ERASURES; the time in microseconds; the stream id is that of the erasure's
entry, 0-0 if another writer put it into the feedback log). `erased` counts erasures. `erasing` is a
list of erasures whose accounts may still be named in streams: each stream and its last id to look
at (`events=1-0`, with commas), and the accounts, one per line. `rewrite` exists if Valkey's file
on disk still has erased bytes.
"""

from __future__ import annotations

from plait.live.valkey.link_scripts import LINK_FUNCTIONS
from plait.live.valkey.state_scripts import PRELUDE

# plan(person, requested, alone): the person, whether anything is known of them, the receipt of an
# earlier erasure, the accounts to erase, the person ids that must be forgotten with them, all
# accounts of the person, and the ids of those that stay. With `alone`, only the requested account
# is erased.
_PLAN = """
local function plan(person, requested, alone)
  local earlier = erased(person ~= '' and person or bare(requested))
  if person == '' then person = owner(bare(requested))
  -- As in READ_PEOPLE: the account of an id that was erased belongs to somebody else now.
  elseif requested ~= '' and own(bare(requested)) ~= person then requested = '' end
  person = survivor(person)
  local entries = accounts_of(person, requested)
  local group = entries
  local rest = alone and #entries > 1
  if rest then entries = {requested} end
  local ids, has, known = {}, {}, false
  local function forget(id)
    if not has[id] then has[id] = true ids[#ids + 1] = id end
  end
  for _, entry in ipairs(entries) do
    local account = bare(entry)
    forget('p_' .. string.sub(account, -32))
    forget(own(account))
    local id = owner(account)
    for _ = 1, 64 do
      if rest then break end
      forget(id)
      id = redis.call('HGET', ns .. 'r', id) or (base and redis.call('HGET', b('t'), id))
      if not id then break end
    end
    known = known or (base and redis.call('HEXISTS', b('a'), account) == 1)
      or redis.call('EXISTS', ns .. 'e:' .. account, ns .. 'h:' .. account,
                    ns .. 'n:' .. account, ns .. 'c:' .. account) > 0
  end
  if not rest then forget(person) end
  local receipt, stay = earlier and string.match(earlier, '%S+$') or '', {}
  for _, entry in ipairs(rest and group or {}) do
    if entry ~= requested then stay[#stay + 1] = own(bare(entry)) end
  end
  return {person, known and 1 or 0, receipt, entries, ids, group, stay}
end
"""

# ARGV: person or '', `account TAB platform` or '', 1 if only that account is meant. Returns a plan.
PLAN_ERASURE = PRELUDE + _PLAN + "return plan(ARGV[1], ARGV[2], ARGV[3] == '1')"

# ARGV: as PLAN_ERASURE; the stream entry; time in microseconds; receipt; the number of accounts,
# and of person ids; the other streams that may name an account, with commas; then `account TAB
# platform` and erased of each account, and id and erased of each person id: those of the plan, and
# retired ids. Returns 0 if the plan no longer holds.
ERASE = (
    PRELUDE
    + LINK_FUNCTIONS
    + _PLAN
    + """
local entry, time, receipt = ARGV[4], ARGV[5], ARGV[6]
local now = plan(ARGV[1], ARGV[2], ARGV[3] == '1')
local entries, accounts, forgotten, hashes = {}, {}, {}, {}
local n, m = tonumber(ARGV[7]), tonumber(ARGV[8])
for i = 1, n do
  local one = ARGV[8 + 2 * i]
  entries[one], accounts[i] = true, bare(one)
  hashes[bare(one)] = ARGV[9 + 2 * i]
end
for i = n + 1, n + m do
  forgotten[ARGV[8 + 2 * i]] = true
  hashes[ARGV[8 + 2 * i]] = ARGV[9 + 2 * i]
end
if #now[4] ~= n then return 0 end
for _, one in ipairs(now[4]) do if not entries[one] then return 0 end end
for _, id in ipairs(now[5]) do if not forgotten[id] then return 0 end end

-- Links: those of the erased accounts are gone, and what they joined is joined anew below.
local group = now[6]
for _, one in ipairs(group) do
  local id = owner(bare(one))
  for _ = 1, 64 do
    local heir = redis.call('HGET', ns .. 'r', id)
    redis.call('HDEL', ns .. 'r', id)
    if not heir then break end
    id = heir
  end
end
redis.call('DEL', ns .. 'g:' .. now[1])
redis.call('SREM', ns .. 'roots', now[1])
for one in pairs(entries) do
  for _, two in ipairs(redis.call('SMEMBERS', ns .. 'n:' .. bare(one))) do
    redis.call('SREM', ns .. 'n:' .. bare(two), one)
    if redis.call('EXISTS', ns .. 'n:' .. bare(two)) == 0 then
      redis.call('SREM', ns .. 'linked', two)
    end
  end
  redis.call('DEL', ns .. 'n:' .. bare(one))
  redis.call('SREM', ns .. 'linked', one)
end
for _, said in ipairs(redis.call('XRANGE', ns .. 'links', '-', '+')) do
  for _, account in ipairs(accounts) do
    if string.find(said[2][2], account, 1, true) then
      redis.call('XDEL', ns .. 'links', said[1])
      break
    end
  end
end

-- What they said about consent.
for _, account in ipairs(accounts) do
  redis.call('DEL', ns .. 'c:' .. account)
  redis.call('SREM', ns .. 'consented', account)
end
for _, said in ipairs(redis.call('XRANGE', ns .. 'consents', '-', '+')) do
  for _, account in ipairs(accounts) do
    if string.find(said[2][2], account, 1, true) then
      redis.call('XDEL', ns .. 'consents', said[1])
      break
    end
  end
end

-- Recent events, and the marks by which repeated ones are known.
for _, account in ipairs(accounts) do
  for _, member in ipairs(redis.call('ZRANGE', ns .. 'e:' .. account, 0, -1)) do
    redis.call('DEL', ns .. 'x:' .. string.match(member, '^[^\\n]*\\n([^\\n]*)'))
  end
  redis.call('DEL', ns .. 'e:' .. account, ns .. 'h:' .. account)
  redis.call('SREM', ns .. 'active', account)
end

-- What the bases hold: of each person in one, the accounts that are left keep it without the
-- record, which cannot be divided. If the person's id is forgotten, they get another.
local function cut(name)
  local function key(kind) return ns .. 'b' .. name .. ':' .. kind end
  local function count(kind, by)
    if by ~= 0 and redis.call('HEXISTS', key('n'), kind) == 1 then
      redis.call('HINCRBY', key('n'), kind, by)
    end
  end
  local function del(kind, field) count(kind, -redis.call('HDEL', key(kind), field)) end
  local function put(kind, field, value)
    count(kind, redis.call('HSET', key(kind), field, value))
  end
  local people = {}
  for _, account in ipairs(accounts) do
    local person = redis.call('HGET', key('a'), account)
    if person then people[person] = true end
    del('a', account)
    del('c', account)
  end
  for person in pairs(people) do
    local rest = {}
    for one in string.gmatch(redis.call('HGET', key('m'), person) or '', '[^\\n]+') do
      if not entries[one] then rest[#rest + 1] = one end
    end
    del('s', person)
    del('h', person)
    local since = redis.call('HGET', key('o'), person)
    local id = person
    if forgotten[person] or #rest == 0 then
      del('m', person)
      del('o', person)
      id = rest[1] and own(bare(rest[1]))
      if id and redis.call('HEXISTS', key('o'), id) == 1 then
        id = 'p_' .. string.sub(redis.sha1hex(receipt .. '\\0' .. bare(rest[1])), 1, 32)
      end
      for _, one in ipairs(rest) do
        put('a', bare(one), id)
        -- An id that was merged into the forgotten one follows its account.
        local mine = own(bare(one))
        if redis.call('HGET', key('t'), mine) == person then
          if mine == id then del('t', mine) else put('t', mine, id) end
        end
      end
      if id and since then put('o', id, since) end
    end
    if #rest > 0 then put('m', id, table.concat(rest, '\\n')) end
  end
  for id in pairs(forgotten) do del('t', id) end
end
local names = {}
if base then names[base] = true end
for _, name in ipairs(redis.call('HKEYS', ns .. 'bases')) do names[name] = true end
for name in pairs(names) do
  -- One that is being loaded is loaded again, see ACTIVATE_BASE.
  if redis.call('EXISTS', ns .. 'b' .. name .. ':n') == 1 then cut(name) end
end

for _, one in ipairs(group) do
  if not entries[one] then
    for _, two in ipairs(redis.call('SMEMBERS', ns .. 'n:' .. bare(one))) do link(one, two) end
  end
end

local at = redis.call('XADD', ns .. 'erasures', '*', 'l', entry)
for id, hash in pairs(hashes) do
  redis.call('HSET', ns .. 'gone', mark(id), table.concat({time, hash, at, receipt}, ' '))
end
redis.call('INCR', ns .. 'erased')
local bounds = {}
for stream in string.gmatch(ARGV[9], '[^,]+') do
  local newest = redis.call('XREVRANGE', ns .. stream, '+', '-', 'COUNT', 1)
  if newest[1] then bounds[#bounds + 1] = stream .. '=' .. newest[1][1] end
end
local work = table.concat(bounds, ',') .. '\\n' .. table.concat(accounts, '\\n')
redis.call('RPUSH', ns .. 'erasing', work)
redis.call('SET', ns .. 'rewrite', 1)
return 1
"""
)

# KEYS: the prefix. ARGV: mark and value of `gone`, ... A value replaces an older one only.
REMEMBER_ERASED = """
local gone = KEYS[1] .. 'gone'
for i = 1, #ARGV, 2 do
  local held = redis.call('HGET', gone, ARGV[i])
  if not held or tonumber(string.match(held, '^%d+')) < tonumber(string.match(ARGV[i + 1], '^%d+'))
  then redis.call('HSET', gone, ARGV[i], ARGV[i + 1]) end
end
return 1
"""
