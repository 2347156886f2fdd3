"""Lua scripts about consent, see state_scripts.

In addition to the keys there: `b<v>:c` are the accounts of the base that may not be joined to
others; `c:<account>` link, share and train, 0 or 1, as far as they were said since the base;
`consented` the accounts that have a `c`. The stream `consents` has what was said.
"""

from __future__ import annotations

from plait.live.valkey.state_scripts import PRELUDE

# Expects `strict`, the platforms whose new accounts may not be joined, each between line breaks.
REFUSAL = """
local told = redis.call('EXISTS', ns .. 'consented') == 1
local knows = base and redis.call('EXISTS', b('c')) == 1
local any_refusal = told or knows or strict ~= ''
local function refuses(entry)
  local account, granted = bare(entry), false
  if told then
    local said = redis.call('HMGET', ns .. 'c:' .. account, 'link', 'share')
    if said[1] == '0' or said[2] == '0' then return true end
    granted = said[1] == '1' and said[2] == '1'
  end
  -- What the base holds apart stays apart until the next fuse.
  if knows and redis.call('HEXISTS', b('c'), account) == 1 then return true end
  if granted or strict == '' then return false end
  if base and redis.call('HEXISTS', b('a'), account) == 1 then return false end
  local platform = string.match(entry, '[^\\t]*$')
  return platform == '' or string.find(strict, '\\n' .. platform .. '\\n', 1, true) ~= nil
end
-- Which of a person's accounts are used for a lookup: entries, whether it is one that may not be
-- joined, the platform whose base events alone are used ('' for all), those whose are not.
local function usable(entries, requested, by_account)
  if not any_refusal then return entries, false, '', {} end
  local function shared(entry)
    local held = base and redis.call('HGET', b('m'), owner(bare(entry)))
    return held and string.find(held, '\\n', 1, true) ~= nil
  end
  if by_account and refuses(requested) then
    local only = shared(requested) and string.match(requested, '[^\\t]*$') or ''
    return {requested}, true, only, {}
  end
  if #entries == 1 and refuses(entries[1]) then
    local only = shared(entries[1]) and string.match(entries[1], '[^\\t]*$') or ''
    return entries, true, only, {}
  end
  local kept, without = {}, {}
  for _, entry in ipairs(entries) do
    if not refuses(entry) then kept[#kept + 1] = entry
    elseif shared(entry) then without[#without + 1] = string.match(entry, '[^\\t]*$') end
  end
  return kept, false, '', without
end
"""

# Applies an entry of the stream `consents`.
REMEMBER_CONSENT = """
local function remember_consent(text)
  local said = cjson.decode(text)
  for _, purpose in ipairs({'link', 'share', 'train'}) do
    if type(said[purpose]) == 'boolean' then
      redis.call('HSET', ns .. 'c:' .. said.account, purpose, said[purpose] and '1' or '0')
      redis.call('SADD', ns .. 'consented', said.account)
    end
  end
end
"""

# ARGV: the stream entry.
SET_CONSENT = (
    PRELUDE
    + REMEMBER_CONSENT
    + """
redis.call('XADD', ns .. 'consents', '*', 'l', ARGV[1])
remember_consent(ARGV[1])
return 1
"""
)

# After a base was activated: what it knows is forgotten. Expects `said_until`, the stream id of the
# last entry that the base knows, or ''.
FORGET_CONSENTS = (
    REMEMBER_CONSENT
    + """
for _, account in ipairs(redis.call('SMEMBERS', ns .. 'consented')) do
  redis.call('DEL', ns .. 'c:' .. account)
end
redis.call('DEL', ns .. 'consented')
if said_until ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', ns .. 'consents', '-', said_until)) do
    redis.call('XDEL', ns .. 'consents', entry[1])
  end
end
for _, entry in ipairs(redis.call('XRANGE', ns .. 'consents', '-', '+')) do
  remember_consent(entry[2][2])
end
"""
)
