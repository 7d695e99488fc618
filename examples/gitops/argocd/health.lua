-- Health of a MailDomain or an O365Sync for Argo CD.
-- A list that stands stays mounted whatever is said here: Degraded means that a person should look, not that mail is refused.
local health = { status = "Progressing", message = "waiting for the operator's first look" }

local status = obj.status
if status == nil or status.conditions == nil then
  return health
end
if status.observedGeneration ~= obj.metadata.generation then
  health.message = "waiting for the operator to look at the latest spec"
  return health
end

local found = {}
for _, condition in ipairs(status.conditions) do
  found[condition.type] = condition
end

local ready = found.Ready
if ready == nil then
  return health
end
health.message = ready.message

-- As kstatus judges it, which Flux and Helm use: only a stalled object has failed, whatever else is not ready is in progress.
if found.Reconciling ~= nil and found.Reconciling.status == "True" then
  health.status = "Progressing"
elseif found.Stalled ~= nil and found.Stalled.status == "True" then
  -- Nothing goes on by itself: the next step is a person's.
  health.status = "Degraded"
  health.message = found.Stalled.message
elseif ready.status == "True" then
  health.status = "Healthy"
  if obj.spec ~= nil and obj.spec.suspend == true then
    -- Not "Suspended": one suspended object would make the whole application look so.
    health.message = "Suspended. " .. ready.message
  end
end
return health
