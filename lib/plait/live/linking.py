"""What runs inside Valkey where accounts are linked and unlinked: see plait.live.scripts.

Beside its keys: `n:<account>` the accounts that it is linked with by links that the base does not
know yet; `linked` the accounts that have an `n`. What `r`, `g:` and `roots` say follows from these
and the base. A stream entry of an unlink names the other account as `apart`, and account_a twice:
a plait that knows no unlinks reads a link that joins nobody.
"""

from __future__ import annotations

from plait.live.scripts import PRELUDE

LINKING = """
local function older(p, q)
  local a = base and tonumber(redis.call('HGET', b('o'), p) or nil)
  local c = base and tonumber(redis.call('HGET', b('o'), q) or nil)
  if a and c and a ~= c then return a < c end
  if (a and 1 or 0) ~= (c and 1 or 0) then return a ~= nil and a ~= false end
  return p < q
end
local function link(one, two)
  local p, q = survivor(owner(bare(one))), survivor(owner(bare(two)))
  if p == q then return p, nil end
  local entries = accounts_of(p, one)
  for _, entry in ipairs(accounts_of(q, two)) do entries[#entries + 1] = entry end
  if older(q, p) then p, q = q, p end
  redis.call('DEL', ns .. 'g:' .. p, ns .. 'g:' .. q)
  redis.call('SREM', ns .. 'roots', q)
  redis.call('SADD', ns .. 'roots', p)
  for _, entry in ipairs(entries) do redis.call('SADD', ns .. 'g:' .. p, entry) end
  redis.call('HSET', ns .. 'r', q, p)
  redis.call('HDEL', ns .. 'r', p)
  return p, q
end
local function tie(one, two)
  redis.call('SADD', ns .. 'linked', bare(one), bare(two))
  redis.call('SADD', ns .. 'n:' .. bare(two), one)
  return redis.call('SADD', ns .. 'n:' .. bare(one), two) == 1
end
local function untie(one, two)
  redis.call('SREM', ns .. 'n:' .. bare(one), two)
  redis.call('SREM', ns .. 'n:' .. bare(two), one)
end
-- Ties what the links say from an id of the stream on: of a pair of accounts the last one counts.
local function tie_anew(from)
  for _, account in ipairs(redis.call('SMEMBERS', ns .. 'linked')) do
    redis.call('DEL', ns .. 'n:' .. account)
  end
  redis.call('DEL', ns .. 'linked')
  local last = {}
  for _, entry in ipairs(redis.call('XRANGE', ns .. 'links', from, '+')) do
    local said = cjson.decode(entry[2][2])
    local one, two = said.account_a .. '\\t' .. said.platform_a, nil
    if said.apart then two = said.apart .. '\\t' .. said.apart_platform
    else two = said.account_b .. '\\t' .. said.platform_b end
    local pair = one < two and one .. '\\n' .. two or two .. '\\n' .. one
    last[pair] = {one, two, said.apart}
  end
  local ties = {}
  for _, said in pairs(last) do
    if not said[3] and said[1] ~= said[2] then
      tie(said[1], said[2])
      ties[#ties + 1] = said
    end
  end
  return ties
end
"""

# ARGV: account TAB platform, twice; the stream entry; most accounts of one person, and on one
# platform. Returns '' and the platform, or '', where they would be too many.
LINK = (
    PRELUDE
    + LINKING
    + """
local p, q = survivor(owner(bare(ARGV[1]))), survivor(owner(bare(ARGV[2])))
if p ~= q then
  local held, total = {}, 0
  for _, entries in ipairs({accounts_of(p, ARGV[1]), accounts_of(q, ARGV[2])}) do
    for _, entry in ipairs(entries) do
      local platform = string.match(entry, '[^\\t]*$')
      held[platform], total = (held[platform] or 0) + 1, total + 1
      if total > tonumber(ARGV[4]) then return {'', ''} end
      if held[platform] > tonumber(ARGV[5]) then return {'', platform} end
    end
  end
end
local person, retired = link(ARGV[1], ARGV[2])
-- Said of accounts that are one person's already, it counts once what joins them now is gone.
if tie(ARGV[1], ARGV[2]) or retired then redis.call('XADD', ns .. 'links', '*', 'l', ARGV[3]) end
return {person, retired or ''}
"""
)

# ARGV: account TAB platform, twice; the stream entry. Returns the person of each, and whether they
# are apart: now, next_fuse (the base holds them as one) or still_joined (by other links).
UNLINK = (
    PRELUDE
    + LINKING
    + """
local one, two = ARGV[1], ARGV[2]
redis.call('XADD', ns .. 'links', '*', 'l', ARGV[3])
untie(one, two)
local p, q = survivor(owner(bare(one))), survivor(owner(bare(two)))
if p ~= q then return {p, q, 'now'} end
local function of_base(account)
  local person = owner(account)
  for _ = 1, 64 do
    local heir = base and redis.call('HGET', b('t'), person)
    if not heir then return person end
    person = heir
  end
  return person
end
if of_base(bare(one)) == of_base(bare(two)) then return {p, p, 'next_fuse'} end
-- What is joined with an account: by ties, and as people of the base.
local function reach(start)
  local found = {people = {}, entries = {start}, has = {[start] = true}}
  local knows = {}
  local function add(entry)
    if not found.has[entry] then
      found.has[entry] = true
      found.entries[#found.entries + 1] = entry
    end
  end
  local i = 1
  while found.entries[i] do
    local account = bare(found.entries[i])
    local person = of_base(account)
    if not knows[person] then
      knows[person] = true
      found.people[#found.people + 1] = person
      local held = base and redis.call('HGET', b('m'), person)
      if held then for entry in string.gmatch(held, '[^\\n]+') do add(entry) end end
    end
    for _, entry in ipairs(redis.call('SMEMBERS', ns .. 'n:' .. account)) do add(entry) end
    i = i + 1
  end
  return found
end
local sides = {reach(one), reach(two)}
for _, entry in ipairs(accounts_of(p, one)) do
  if not sides[1].has[entry] and not sides[2].has[entry] then
    tie_anew('-')  -- a plait that ties nothing has linked accounts, too
    sides = {reach(one), reach(two)}
    break
  end
end
if sides[1].has[two] then return {p, p, 'still_joined'} end
redis.call('DEL', ns .. 'g:' .. p)
redis.call('SREM', ns .. 'roots', p)
local roots = {}
for i, side in ipairs(sides) do
  local root = side.people[1]
  for _, person in ipairs(side.people) do
    redis.call('HDEL', ns .. 'r', person)
    if older(person, root) then root = person end
  end
  if #side.people > 1 then
    for _, person in ipairs(side.people) do
      if person ~= root then redis.call('HSET', ns .. 'r', person, root) end
    end
    for _, entry in ipairs(side.entries) do redis.call('SADD', ns .. 'g:' .. root, entry) end
    redis.call('SADD', ns .. 'roots', root)
  end
  roots[i] = root
end
return {roots[1], roots[2], 'now'}
"""
)
