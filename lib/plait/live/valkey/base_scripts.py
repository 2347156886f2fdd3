"""Lua scripts that load a base; every write checks that the caller holds the lock.

KEYS of each script are the prefix, the key that names the base, and the lock. The first argument
is the writer's token. If the lock holds another token, a script writes nothing and returns 0. In
addition to the keys of state_scripts, there are `b<v>:n` kind -> number of fields, written when the
base is complete; `bases` name of every base begun -> the key that names it; and `forget`, the
stream id up to which the base knows events.
"""

from __future__ import annotations

from plait.live.valkey.consent_scripts import FORGET_CONSENTS
from plait.live.valkey.link_scripts import LINK_FUNCTIONS
from plait.live.valkey.state_scripts import PRELUDE

_GUARD = """
local token = ARGV[1]
if redis.call('GET', KEYS[3]) ~= token then return 0 end
"""

_WHOLE = """
local function whole(name)
  local counts = redis.call('HGETALL', KEYS[1] .. 'b' .. name .. ':n')
  for i = 1, #counts, 2 do
    local key = KEYS[1] .. 'b' .. name .. ':' .. counts[i]
    if redis.call('HLEN', key) ~= tonumber(counts[i + 1]) then return false end
  end
  return #counts > 0
end
local function drop(name)
  for kind in string.gmatch('achmotsn', '.') do
    redis.call('UNLINK', KEYS[1] .. 'b' .. name .. ':' .. kind)
  end
  redis.call('HDEL', KEYS[1] .. 'bases', name)
end
"""

# Returns the name of the active base, whether it is complete, and whether there are events to
# remove. The cost does not depend on the size of the base.
BASE_STATUS = (
    _WHOLE
    + """
local name = redis.call('GET', KEYS[2])
if not name then return {'', 0, 0} end
return {name, whole(name) and 1 or 0, redis.call('EXISTS', KEYS[1] .. 'forget')}
"""
)

# ARGV: token, milliseconds. Extends the lock.
RENEW_LOCK = _GUARD + "return redis.call('PEXPIRE', KEYS[3], ARGV[2])"

# ARGV: token. Releases the lock.
RELEASE_LOCK = _GUARD + "return redis.call('DEL', KEYS[3])"

# ARGV: token, name. Removes what an interrupted load left, and deactivates a base that lost a part.
# Returns 2 if there is nothing to do, because another loader has just finished.
BEGIN_LOADING = (
    _GUARD
    + _WHOLE
    + """
local name = ARGV[2]
if redis.call('GET', KEYS[2]) == name then
  if whole(name) then return 2 end
  redis.call('DEL', KEYS[2])
end
drop(name)
redis.call('HSET', KEYS[1] .. 'bases', name, KEYS[2])
return 1
"""
)

# ARGV: token, milliseconds, name, kind; then field, value, field, value, ...
WRITE_FIELDS = (
    _GUARD
    + """
local key = KEYS[1] .. 'b' .. ARGV[3] .. ':' .. ARGV[4]
for i = 5, #ARGV, 1000 do
  redis.call('HSET', key, unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
return redis.call('PEXPIRE', KEYS[3], ARGV[2])
"""
)

# ARGV: token, name, version, stream ids of the last link and the last event that the base knows
# ('' for none), number of erasures that it leaves out, stream id
# of the last consent that it knows; then kind, count, kind, count, ... Returns
# 1, 2 if there was another erasure meanwhile, or the first incomplete kind and its count. A base
# with another codec version is dropped once it is two store versions older. By then, running
# replicas of another plait have loaded a newer one.
ACTIVATE_BASE = (
    _GUARD
    + PRELUDE
    + LINK_FUNCTIONS
    + _WHOLE
    + """
local name, version, known, said_until = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[7]
if (redis.call('GET', ns .. 'erased') or '') ~= ARGV[6] then return 2 end
for i = 8, #ARGV, 2 do
  local found = redis.call('HLEN', ns .. 'b' .. name .. ':' .. ARGV[i])
  if found ~= tonumber(ARGV[i + 1]) then return {ARGV[i], found} end
end
redis.call('HSET', ns .. 'b' .. name .. ':n', unpack(ARGV, 8))
redis.call('SET', KEYS[2], name)
base = name
if ARGV[5] ~= '' then redis.call('SET', ns .. 'forget', ARGV[5]) end
local begun = redis.call('HGETALL', ns .. 'bases')
local first = redis.call('GET', ns .. 'base')
if first then begun[#begun + 1] = first begun[#begun + 1] = ns .. 'base' end
for i = 1, #begun, 2 do
  local other, pointer = begun[i], begun[i + 1]
  local number = tonumber(string.match(other, '^%d+'))
  if other ~= name and (pointer == KEYS[2] or not number or number < version - 1) then
    drop(other)
    if pointer ~= KEYS[2] and redis.call('GET', pointer) == other then
      redis.call('DEL', pointer)
    end
  end
end
for _, root in ipairs(redis.call('SMEMBERS', ns .. 'roots')) do
  redis.call('DEL', ns .. 'g:' .. root)
end
redis.call('DEL', ns .. 'roots', ns .. 'r')
for _, entry in ipairs(redis.call('SMEMBERS', ns .. 'linked')) do
  redis.call('DEL', ns .. 'n:' .. bare(entry))
end
redis.call('DEL', ns .. 'linked', ns .. 'tied')
if known ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', ns .. 'links', '-', known)) do
    redis.call('XDEL', ns .. 'links', entry[1])
  end
end
follow()
for _, one in ipairs(redis.call('SMEMBERS', ns .. 'linked')) do
  for _, two in ipairs(redis.call('SMEMBERS', ns .. 'n:' .. bare(one))) do link(one, two) end
end
"""
    + FORGET_CONSENTS
    + "return 1"
)

# KEYS: the prefix. ARGV: milliseconds and number of the stream id up to which the base knows
# events; then accounts.
FORGET_EVENTS = """
local ns, ms, number = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 3, #ARGV do
  local recent = ns .. 'e:' .. ARGV[i]
  for _, member in ipairs(redis.call('ZRANGE', recent, 0, -1)) do
    local m, n = string.match(member, '(%d+)-(%d+)$')
    m, n = tonumber(m), tonumber(n)
    if m < ms or (m == ms and n <= number) then redis.call('ZREM', recent, member) end
  end
  local had = ns .. 'h:' .. ARGV[i]
  local gone = redis.call('HGETALL', had)
  for j = 1, #gone, 2 do
    local m, n = string.match(gone[j + 1], '(%d+)-(%d+)$')
    m, n = tonumber(m), tonumber(n)
    if m < ms or (m == ms and n <= number) then redis.call('HDEL', had, gone[j]) end
  end
  if redis.call('EXISTS', recent, had) == 0 then redis.call('SREM', ns .. 'active', ARGV[i]) end
end
return 1
"""

# KEYS: the prefix. ARGV: the stream id up to which events were removed. The mark stays if another
# loader has set a later one.
CLEAR_FORGET_MARK = """
local place = KEYS[1] .. 'forget'
if redis.call('GET', place) == ARGV[1] then return redis.call('DEL', place) end
return 0
"""
