(name => 'reader', color => 'blue')
