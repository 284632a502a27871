-- Health of a Gateway or a ListenerSet, whoever serves it: what Accepted and Programmed say of it and of its listeners.
local worst = { status = "Healthy", message = "" }
local rank = { Healthy = 0, Progressing = 1, Degraded = 2 }

local function say(status, message)
  if rank[status] > rank[worst.status] then
    worst = { status = status, message = message }
  elseif status == worst.status and worst.message ~= "" then
    worst.message = worst.message .. " " .. message
  end
end

-- What only has to be waited for; Unknown is nobody's word yet.
local waits = { Pending = true, AddressNotAssigned = true }

-- conditions: of the object or of one of its listeners. who: begins the message.
local function judge(conditions, who, required)
  local found = {}
  for _, condition in ipairs(conditions or {}) do
    found[condition.type] = condition
  end
  for _, kind in ipairs({ "Accepted", "Programmed", "ResolvedRefs" }) do
    local condition = found[kind]
    if condition == nil then
      if required[kind] then
        say("Progressing", who .. kind .. " is not said yet.")
      end
    elseif (condition.observedGeneration or obj.metadata.generation) ~= obj.metadata.generation then
      say("Progressing", who .. kind .. " is said of an older generation.")
    elseif condition.status == "Unknown" or (condition.status == "False" and waits[condition.reason]) then
      say("Progressing", who .. kind .. ": " .. (condition.message or ""))
    elseif condition.status == "False" then
      say("Degraded", who .. kind .. ": " .. (condition.message or ""))
    end
  end
  local degraded = found["gateway.tributary.dev/Degraded"]
  if degraded ~= nil and degraded.status == "True" then
    say("Degraded", who .. (degraded.message or ""))
  end
end

local status = obj.status or {}
judge(status.conditions, "", { Accepted = true, Programmed = true })
for _, listener in ipairs(status.listeners or {}) do
  judge(listener.conditions, "Listener " .. listener.name .. ", ", {})
end
if worst.status == "Healthy" then
  worst.message = "Accepted and programmed."
end
return worst
