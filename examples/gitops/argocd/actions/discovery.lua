-- What the menu of an O365Sync offers.
return { ["sync"] = {}, ["test-sync"] = {}, ["test-connection"] = {} }
