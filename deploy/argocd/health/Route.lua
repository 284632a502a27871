-- Health of an HTTPRoute, GRPCRoute, TCPRoute, TLSRoute or UDPRoute, whoever serves it: every parent accepts it.
local worst = { status = "Healthy", message = "" }
local rank = { Healthy = 0, Progressing = 1, Degraded = 2 }

local function say(status, message)
  if rank[status] > rank[worst.status] then
    worst = { status = status, message = message }
  elseif status == worst.status and worst.message ~= "" then
    worst.message = worst.message .. " " .. message
  end
end

local function is_same(left, right)
  return (left.group or "gateway.networking.k8s.io") == (right.group or "gateway.networking.k8s.io")
    and (left.kind or "Gateway") == (right.kind or "Gateway")
    and (left.namespace or obj.metadata.namespace) == (right.namespace or obj.metadata.namespace)
    and left.name == right.name
    and left.sectionName == right.sectionName
    and left.port == right.port
end

-- The conditions that say something is wrong, and with which status.
local bad = {
  { "Accepted", "False" },
  { "ResolvedRefs", "False" },
  { "PartiallyInvalid", "True" },
  { "gateway.tributary.dev/Degraded", "True" },
  { "gateway.tributary.dev/Programmed", "False" },
}

-- conditions: what one controller says of one parent. who: begins the message.
local function judge(conditions, who)
  local found = {}
  for _, condition in ipairs(conditions or {}) do
    found[condition.type] = condition
  end
  if found.Accepted == nil then
    say("Progressing", who .. "Accepted is not said yet.")
  end
  for _, row in ipairs(bad) do
    local kind, status = row[1], row[2]
    local condition = found[kind]
    if condition == nil then
      -- Absent is good of all but Accepted.
    elseif (condition.observedGeneration or obj.metadata.generation) ~= obj.metadata.generation then
      say("Progressing", who .. kind .. " is said of an older generation.")
    elseif condition.status == "Unknown" or (condition.status == status and condition.reason == "Pending") then
      say("Progressing", who .. (condition.message or ""))
    elseif condition.status == status then
      say("Degraded", who .. (condition.message or ""))
    end
  end
end

local told = obj.status and obj.status.parents or {}
for _, ref in ipairs(obj.spec.parentRefs or {}) do
  local who = (ref.kind or "Gateway") .. " " .. ref.name .. ": "
  local is_told = false
  for _, parent in ipairs(told) do
    if is_same(parent.parentRef, ref) then
      is_told = true
      judge(parent.conditions, who)
    end
  end
  if not is_told then
    say("Progressing", who .. "nobody has said anything yet.")
  end
end
if worst.status == "Healthy" then
  worst.message = "Every parent accepts it."
end
return worst
