-- Asks for a sync: any new value of the annotation does.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["o365sync.dev/sync"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
