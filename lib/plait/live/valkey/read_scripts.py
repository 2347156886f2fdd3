"""The Lua script that reads people, see state_scripts and consent_scripts."""

from __future__ import annotations

from plait.live.valkey.consent_scripts import REFUSAL
from plait.live.valkey.state_scripts import PRELUDE

# ARGV: the platforms whose new accounts may not be joined, each between line breaks; then person or
# '', account or '', platform or '', three per lookup. Returns the base's name ('' for none), then
# one result per lookup.
READ_PEOPLE = (
    PRELUDE
    + "local strict = ARGV[1]"
    + REFUSAL
    + """
local results = {base or ''}
for i = 2, #ARGV, 3 do
  local person, requested = ARGV[i], ''
  local by_account = person == ''
  if ARGV[i + 1] ~= '' then requested = ARGV[i + 1] .. '\\t' .. ARGV[i + 2] end
  if person == '' then person = owner(ARGV[i + 1])
  -- The account from which an erased id was made belongs to somebody else now.
  elseif requested ~= '' and own(ARGV[i + 1]) ~= person then requested = '' end
  person = survivor(person)
  local entries, alone, only, without = usable(
    accounts_of(person, requested), requested, by_account)
  local records, recent, had, seen = {}, {}, {}, {}
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
  results[#results + 1] = {person, entries, records, recent, seen, alone and 1 or 0, only, without}
end
return results
"""
)
