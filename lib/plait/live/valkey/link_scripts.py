"""Lua scripts that link and unlink accounts, see state_scripts.

In addition to the keys there: `n:<account>` are the accounts linked with it by links that the base
does not know yet. `linked` are the accounts that have an `n`. `tied` is the last entry of `links`
that is in `n`, because an older plait without unlinks adds links only to the stream. `r`, `g:` and
`roots` are derived from these links and the base. The stream entry of an unlink names the other
account as `apart`, and account_a twice. An older plait reads it as a link without effect.
"""

from __future__ import annotations

from plait.live.valkey.state_scripts import PRELUDE

LINK_FUNCTIONS = """
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
-- The platform on which the person of p and q would have too many accounts; '' for all together.
local function too_many(p, q, one, two, most, most_on_platform)
  if p == q then return nil end
  local held, total = {}, 0
  for _, entries in ipairs({accounts_of(p, one), accounts_of(q, two)}) do
    for _, entry in ipairs(entries) do
      local platform = string.match(entry, '[^\\t]*$')
      held[platform], total = (held[platform] or 0) + 1, total + 1
      if total > tonumber(most) then return '' end
      if held[platform] > tonumber(most_on_platform) then return platform end
    end
  end
end
local function tied(one, two)
  return redis.call('SISMEMBER', ns .. 'n:' .. bare(one), two) == 1
end
local function tie(one, two)
  if one == two then return end
  redis.call('SADD', ns .. 'linked', one, two)
  redis.call('SADD', ns .. 'n:' .. bare(one), two)
  redis.call('SADD', ns .. 'n:' .. bare(two), one)
end
local function untie(one, two)
  redis.call('SREM', ns .. 'n:' .. bare(one), two)
  redis.call('SREM', ns .. 'n:' .. bare(two), one)
end
-- Applies the links and unlinks in the stream after `tied`; all of them without `tied`.
local function follow()
  local last = redis.call('GET', ns .. 'tied')
  for _, entry in ipairs(redis.call('XRANGE', ns .. 'links', last and '(' .. last or '-', '+')) do
    local fields = cjson.decode(entry[2][2])
    local one = fields.account_a .. '\\t' .. fields.platform_a
    if fields.apart then untie(one, fields.apart .. '\\t' .. fields.apart_platform)
    else tie(one, fields.account_b .. '\\t' .. fields.platform_b) end
    last = entry[1]
  end
  if last then redis.call('SET', ns .. 'tied', last) end
end
local function record(entry)
  redis.call('XADD', ns .. 'links', '*', 'l', entry)
  follow()
end
"""

_REACH = """
local function of_base(account)
  local person = owner(account)
  for _ = 1, 64 do
    local heir = base and redis.call('HGET', b('t'), person)
    if not heir then return person end
    person = heir
  end
  return person
end
-- The people and accounts connected with an account, by links and by people of the base; without
-- the link between `skip` and `other`, if they are given.
local function reach(start, skip, other)
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
    for _, entry in ipairs(redis.call('SMEMBERS', ns .. 'n:' .. account)) do
      local here = found.entries[i]
      if not (here == skip and entry == other or here == other and entry == skip) then
        add(entry)
      end
    end
    i = i + 1
  end
  return found
end
"""

# ARGV: account TAB platform, twice; the stream entry; the maximum number of accounts per person,
# and per person and platform. Returns the person and the retired person ('' for none). If there
# would be too many accounts, returns '' and the platform with too many ('' for all together).
LINK_ACCOUNTS = (
    PRELUDE
    + LINK_FUNCTIONS
    + """
local p, q = survivor(owner(bare(ARGV[1]))), survivor(owner(bare(ARGV[2])))
local full = too_many(p, q, ARGV[1], ARGV[2], ARGV[4], ARGV[5])
if full then return {'', full} end
local person, retired = link(ARGV[1], ARGV[2])
-- A link of accounts that are already one person takes effect once their present link is gone.
if not tied(ARGV[1], ARGV[2]) then record(ARGV[3]) end
return {person, retired or ''}
"""
)

# ARGV: account TAB platform, twice; the stream entry. Returns the person of each, and when they are
# separate: now, or next_fuse (the base, or other links, join them; a fuse keeps them apart).
UNLINK_ACCOUNTS = (
    PRELUDE
    + LINK_FUNCTIONS
    + _REACH
    + """
local one, two = ARGV[1], ARGV[2]
record(ARGV[3])
local p, q = survivor(owner(bare(one))), survivor(owner(bare(two)))
if p ~= q then return {p, q, 'now'} end
if of_base(bare(one)) == of_base(bare(two)) then return {p, p, 'next_fuse'} end
local sides = {reach(one), reach(two)}
if sides[1].has[two] then return {p, p, 'next_fuse'} end
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

# The same without a write: what LINK_ACCOUNTS would return. ARGV as there, without the entry.
PREVIEW_LINK = (
    PRELUDE
    + LINK_FUNCTIONS
    + """
local p, q = survivor(owner(bare(ARGV[1]))), survivor(owner(bare(ARGV[2])))
local full = too_many(p, q, ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if full then return {'', full} end
if p == q then return {p, ''} end
if older(q, p) then p, q = q, p end
return {p, q}
"""
)

# The same without a write: what UNLINK_ACCOUNTS would return. ARGV as there, without the entry.
PREVIEW_UNLINK = (
    PRELUDE
    + LINK_FUNCTIONS
    + _REACH
    + """
local one, two = ARGV[1], ARGV[2]
local p, q = survivor(owner(bare(one))), survivor(owner(bare(two)))
if p ~= q then return {p, q, 'now'} end
local sides = {reach(one, one, two), reach(two, one, two)}
if sides[1].has[two] then return {p, p, 'next_fuse'} end
local roots = {}
for i, side in ipairs(sides) do
  roots[i] = side.people[1]
  for _, person in ipairs(side.people) do
    if older(person, roots[i]) then roots[i] = person end
  end
end
return {roots[1], roots[2], 'now'}
"""
)
