-- Asks for a test-sync: any new value of the annotation does.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["o365sync.dev/test-sync"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
