"""moto as a second AWS to hold ours against: neither our memory nor ministack was written by whoever wrote it."""
