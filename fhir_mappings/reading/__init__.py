"""Reading one resource type each: from a typed resource to facts."""
